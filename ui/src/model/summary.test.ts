import { expect, test } from "vitest";
import { answerOf } from "./answer";
import { find } from "./find";
import { looksOf, markOf } from "./services";
import { nearest } from "./nearest";
import { type Brief, hello, trace } from "./spans.fixture";
import { serviceOf, type Span } from "./span";
import { sorted, summarise } from "./summary";
import { inOrder } from "./tags";
import { buildTree } from "./tree";

const lookOf = (spans: readonly Span[]) => looksOf(spans.map(serviceOf), []);
const summary = (spans: readonly Span[]) => summarise(spans, lookOf(spans));
const answer = (spans: readonly Span[]) => answerOf(buildTree(spans), lookOf(spans));
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const failing = (ids: readonly string[]) =>
  hello().map((one) => (ids.includes(one.id) ? { ...one, tags: { "http.status_code": "503", error: "true" } } : one));

const request = (id: string, at: number, took: number, more: Partial<Brief> = {}) =>
  summary(trace({ id, service: id, at, took, ...more }));

test("a request through the mesh is named by the application that it reached first", () => {
  const found = summary(hello());
  expect(found).toMatchObject({
    duration: 14_210,
    spans: 8,
    error: null,
    label: { alias: "hello", operation: "get /" },
  });
  expect(found?.services).toEqual([
    "%/io.l5d.port/4141/#/io.l5d.fs/hello",
    "#/io.l5d.fs/hello",
    "%/io.l5d.port/4141/#/io.l5d.fs/world-v1",
    "#/io.l5d.fs/world-v1",
  ]);
});

test("a request that got no further than a router is named by it", () => {
  const found = summary(
    trace({ id: "a", service: "127.0.0.1/4140", kind: "SERVER", name: "outgoing /svc/nobody", at: 0, took: 9 }),
  );
  expect(found?.label).toMatchObject({ alias: "outgoing", operation: "/svc/nobody" });
});

test.each([
  ["nothing failed", [], "14.2 ms. No errors.", null],
  [
    "everybody passed it on",
    ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"],
    "14.2 ms. One error, in world-v1; the caller saw 503.",
    { word: "503", where: "world-v1", seenByCaller: true },
  ],
  [
    "hello went on without it",
    ["b1", "b2", "b3", "b4"],
    "14.2 ms. One error, in world-v1; it did not reach the caller.",
    { word: "503", where: "world-v1", seenByCaller: false },
  ],
])("when %s the answer says so", (_, ids, headline, error) => {
  const spans = failing(ids);
  expect(plain(answer(spans).headline)).toBe(headline);
  expect(answer(spans).notes).toEqual(["Four routers carried two calls."]);
  expect(summary(spans)?.error).toEqual(error);
});

test("spans without a parent are told of", () => {
  expect(answer(trace({ id: "a", at: 0, took: 5 }, { id: "b", parent: "gone", at: 1, took: 1 })).notes).toEqual([
    "1 span has a parent that never arrived; it is shown under “missing”.",
  ]);
});

test("results stand newest, slowest, or with errors first", () => {
  const all = [
    request("old", 0, 50),
    request("slow", 10, 900),
    request("bad", 5, 20, { tags: { error: "reset" } }),
  ].filter((one) => one !== null);
  const order = (sort: Parameters<typeof sorted>[1]) => sorted(all, sort).map(({ label }) => label.alias);
  expect([order("newest"), order("slowest"), order("errors")]).toEqual([
    ["slow", "bad", "old"],
    ["slow", "old", "bad"],
    ["bad", "slow", "old"],
  ]);
});

test("fifty-six slots are fifty-six marks, and neighbours differ in both hue and shape", () => {
  const marks = Array.from({ length: 56 }, (_, slot) => markOf(slot));
  expect(new Set(marks.map((mark) => JSON.stringify(mark))).size).toBe(56);
  for (let i = 1; i < marks.length; i++) {
    const [a, b] = [marks[i - 1], marks[i]];
    if (a?.kind === "service" && b?.kind === "service")
      expect([a.hue === b.hue, a.shape === b.shape]).toEqual([false, false]);
  }
});

test("the server's list decides alias and mark, also for another raw name of that alias", () => {
  const look = looksOf(
    ["#/io.l5d.fs/hello", "%/io.l5d.port/4141/#/io.l5d.fs/hello"],
    [{ name: "#/io.l5d.fs/hello", alias: "hello", chips: [], slot: 9, router: false }],
  );
  expect(look("%/io.l5d.port/4141/#/io.l5d.fs/hello")).toEqual({
    alias: "hello",
    chips: ["port 4141", "fs"],
    mark: markOf(9),
  });
});

test("a text is found in names, ids, tags and aliases", () => {
  const spans = failing(["b4"]);
  const found = (text: string) => find(buildTree(spans), lookOf(spans), text).map(({ key }) => key);
  expect([found("WORLD"), found("status_code=503"), found("outgoing"), found(" "), found("nowhere")]).toEqual([
    ["b1", "b2", "b3", "b4"],
    ["b4"],
    ["a1", "b1"],
    [],
    [],
  ]);
});

test("tags stand with errors first, then http", () => {
  expect(inOrder({ a: "1", "http.method": "GET", error: "" }).map(({ key, group }) => [key, group])).toEqual([
    ["error", "error"],
    ["http.method", "http"],
    ["a", "rest"],
  ]);
});

test.each([
  ["chekout", "checkout"],
  ["Checkout", "checkout"],
  ["payment-v2", "payment-v1"],
  ["zzz", null],
  ["", null],
])("%j may have meant %j", (text, name) => {
  expect(nearest(text, ["cart", "checkout", "payment-v1"])).toBe(name);
});

test("both sides of a shared id are one span, as on the trace page", () => {
  const shared = trace(
    { id: "a", service: "web", kind: "CLIENT", at: 0, took: 10 },
    { id: "a", service: "shop", kind: "SERVER", shared: true, at: 1, took: 8 },
  );
  expect(summary(shared)?.spans).toBe(1);
});
