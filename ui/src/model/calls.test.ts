import { expect, test } from "vitest";
import { callsOf } from "./calls";
import { looksOf } from "./services";
import { type Brief, call, generated, hello, trace } from "./spans.fixture";
import { type Span, serviceOf } from "./span";
import { type Trace, buildTree } from "./tree";

const folded = (spans: readonly Span[]): Trace => callsOf(buildTree(spans), looksOf(spans.map(serviceOf), []));
const rows = ({ nodes }: Trace) => nodes.map(({ key, depth, size }) => `${"  ".repeat(depth)}${key} ${size}`);

test("the four spans of a hop are one call", () => {
  const { nodes, roots } = folded(hello());
  expect(rows(folded(hello()))).toEqual(["a4 2", "  b4 1"]);
  expect(roots[0]?.children).toEqual([nodes[1]]);
  expect(nodes[1]?.parent).toBe(nodes[0]);
  expect(nodes.map(({ carried }) => carried)).toEqual([
    [0, 14_210],
    [2610, 12_480],
  ]);
});

const failing = (id: string): Brief[] =>
  call("a", undefined, "hello", "hello", 0, 1000, 7777).map((brief) =>
    brief.id === id ? { ...brief, tags: { error: "504" } } : brief,
  );

test.each(["a1", "a2", "a3", "a4"])("an error that began in %s is told by the call", (id) => {
  const [only] = folded(trace(...failing(id))).nodes;
  expect([only?.key, only?.error, only?.errorBegan]).toEqual(["a4", "504", true]);
});

const TRY: Brief = { id: "t2", parent: "a1", kind: "CLIENT", at: 500, took: 10, peer: 4141 };
const DEAD: Brief = { id: "r2", parent: "t2", service: "127.0.0.1/4141", kind: "SERVER", at: 501, took: 8 };

test("a try that reached no application stays, and so does an error between tries", () => {
  const tries = [...call("a", undefined, "hello", "hello", 0, 400, 7777), { ...TRY, service: "hello" }, DEAD];
  expect(rows(folded(trace(...tries)))).toEqual(["a4 1", "t2 1"]);
  const timedOut = tries.map((brief) => (brief.id === "a1" ? { ...brief, tags: { error: "504" } } : brief));
  expect(rows(folded(trace(...timedOut)))).toEqual(["a1 3", "  a4 1", "  t2 1"]);
  expect(folded(trace(...timedOut)).nodes.map(({ carried }) => carried?.[0] ?? null)).toEqual([null, 100, null]);
});

test("routers alone are a row of their own", () => {
  expect(rows(folded(trace(...call("a", undefined, "hello", "hello", 0, 400, 7777).slice(0, 3))))).toEqual(["a1 1"]);
});

test("without a mesh nothing changes", () => {
  const spans = generated(500);
  const calls = folded(spans);
  const tree = buildTree(spans);
  expect(rows(calls)).toEqual(rows(tree));
  expect(calls.nodes.every(({ carried }) => carried === null)).toBe(true);
});

test("a very long chain of routers, each with a call, takes no longer than there are spans", () => {
  const routers = Array.from({ length: 20_000 }, (_, i): Brief[] => [
    { id: `r${i}`, ...(i > 0 && { parent: `r${i - 1}` }), service: "127.0.0.1/4140", kind: "SERVER", at: i, took: 9 },
    { id: `c${i}`, parent: `r${i}`, service: "shop", at: i, took: 1 },
  ]);
  expect(folded(trace(...routers.flat())).roots).toHaveLength(20_000);
});
