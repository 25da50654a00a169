import { expect, test } from "vitest";
import { looksOf } from "./services";
import { labelOf } from "./label";
import { EPOCH, type Brief, generated, hello, span, trace } from "./spans.fixture";
import { serviceOf, type Span } from "./span";
import { type Node, type Trace, buildTree, ownTime, rootOf } from "./tree";

/** One line a row: indent, key, start–end. */
const drawn = ({ nodes }: Trace) =>
  nodes.map((node) => `${"  ".repeat(node.depth)}${node.key} ${node.start}–${node.end}`);
const tree = (...briefs: readonly Brief[]) => buildTree(trace(...briefs));
const node = (built: Trace, key: string): Node => built.nodes.find((other) => other.key === key) as Node;

test("children stand below their parent by start, in whatever order they came", () => {
  const built = tree(
    { id: "c", parent: "a", at: 50, took: 10 },
    { id: "d", parent: "b", at: 20, took: 5 },
    { id: "a", at: 0, took: 100 },
    { id: "b", parent: "a", at: 10, took: 30 },
  );
  expect(drawn(built)).toEqual(["a 0–100", "  b 10–40", "    d 20–25", "  c 50–60"]);
  expect(built).toMatchObject({ start: EPOCH, extent: 100, missing: 0 });
  expect(built.nodes.map(({ size }) => size)).toEqual([4, 2, 1, 1]);
});

test("a client and a server with one id are one row, whose children are the server's", () => {
  const built = tree(
    { id: "a", service: "web", kind: "CLIENT", at: 0, took: 100 },
    { id: "a", service: "app", kind: "SERVER", shared: true, at: 20, took: 60 },
    { id: "b", parent: "a", service: "app", kind: "CLIENT", at: 30, took: 10 },
  );
  expect(drawn(built)).toEqual(["a 0–100", "  b 30–40"]);
  expect(node(built, "a").joined?.localEndpoint?.serviceName).toBe("app");
  expect(node(built, "a").own).toEqual([20, 30, 40, 80]);
});

test("an old client and server that both claim an id share it all the same", () => {
  const built = tree(
    { id: "a", service: "app", kind: "SERVER", at: 20, took: 60 },
    { id: "a", service: "web", kind: "CLIENT", at: 0, took: 100 },
  );
  expect(built.nodes).toHaveLength(1);
  expect(node(built, "a").span.kind).toBe("CLIENT");
});

test("two servers that answer one client id: the second hangs below the row of the first", () => {
  const built = tree(
    { id: "a", service: "web", kind: "CLIENT", at: 0, took: 100 },
    { id: "a", service: "app1", kind: "SERVER", shared: true, at: 10, took: 20 },
    { id: "a", service: "app2", kind: "SERVER", shared: true, at: 50, took: 20 },
    { id: "b", parent: "a", service: "app2", at: 55, took: 5 },
  );
  expect(drawn(built)).toEqual(["a 0–100", "  a~2 50–70", "    b 55–60"]);
});

test("a span that was reported in pieces is one span", () => {
  const built = buildTree([
    { ...span({ id: "a", service: "web", at: 0 }), annotations: [] },
    span({ id: "a", service: "web", took: 40, tags: { error: "x" } }),
    span({ id: "a", service: "web", at: 0, took: 40 }),
  ]);
  expect(drawn(built)).toEqual(["a 0–40"]);
  expect(node(built, "a")).toMatchObject({ error: "x", errorBegan: true });
});

test("spans whose parent never arrived hang under “missing”, after the root", () => {
  const built = tree(
    { id: "a", at: 0, took: 100 },
    { id: "x", parent: "gone", at: 30, took: 10 },
    { id: "y", parent: "x", at: 31, took: 5 },
    { id: "z", parent: "lost", at: 60, took: 20 },
  );
  expect(drawn(built)).toEqual(["a 0–100", "missing 30–80", "  x 30–40", "    y 31–36", "  z 60–80"]);
  expect(built.missing).toBe(2);
  expect(rootOf(built)?.key).toBe("a");
});

test("without any root the first span that came counts as it", () => {
  const built = tree({ id: "x", parent: "gone", at: 30, took: 10 });
  expect(built.nodes.map(({ kind }) => kind)).toEqual(["missing", "span"]);
  expect(rootOf(built)?.key).toBe("x");
});

test("spans that are each other's parents end, and all are shown", () => {
  const built = tree(
    { id: "a", parent: "c", at: 0, took: 9 },
    { id: "b", parent: "a", at: 1, took: 5 },
    { id: "c", parent: "b", at: 2, took: 3 },
    { id: "d", parent: "d", at: 4, took: 1 },
  );
  expect(drawn(built)).toEqual(["d 4–5", "missing 0–9", "  a 0–9", "    b 1–6", "      c 2–5"]);
});

test("a span without a time starts with its parent and has no length", () => {
  expect(drawn(tree({ id: "a", at: 10, took: 100 }, { id: "b", parent: "a" }))).toEqual(["a 0–100", "  b 0–0"]);
  expect(drawn(tree({ id: "a" }))).toEqual(["a 0–0"]);
  expect(buildTree([])).toMatchObject({ nodes: [], extent: 0, id: "" });
});

test("own time is what no synchronous child covers", () => {
  const built = tree(
    { id: "a", at: 0, took: 100 },
    { id: "b", parent: "a", at: 10, took: 30 },
    { id: "c", parent: "a", at: 30, took: 20 },
    { id: "d", parent: "a", at: 90, took: 50 },
    { id: "e", parent: "a", kind: "CONSUMER", at: 60, took: 10 },
    { id: "f", parent: "a", at: 120, took: 10 },
  );
  expect(node(built, "a").own).toEqual([0, 10, 50, 90]);
  expect(ownTime(node(built, "a"))).toBe(50);
  expect(built.nodes.filter(({ async }) => async).map(({ key }) => key)).toEqual(["e", "f"]);
});

test("an error began where no child has one", () => {
  const built = tree(
    { id: "a", at: 0, took: 9, tags: { "http.status_code": "503" } },
    { id: "b", parent: "a", at: 1, took: 5, tags: { error: "" } },
    { id: "c", parent: "b", at: 2, took: 3, tags: { error: "connection reset by peer" } },
    { id: "d", parent: "a", at: 7, took: 1, tags: { "http.status_code": "404" } },
  );
  expect(built.nodes.map(({ error, errorBegan }) => [error, errorBegan])).toEqual([
    ["503", false],
    ["error", false],
    ["error", true],
    [null, false],
  ]);
});

test("of a mesh's call, routers and the hop between them are grey and the application is not", () => {
  const spans = hello();
  const look = looksOf(spans.map(serviceOf), []);
  const labels = buildTree(spans).nodes.map((row) => labelOf(row, look));
  expect(labels.map(({ alias, operation, mesh, peer }) => [alias, operation, mesh, peer])).toEqual([
    ["outgoing", "/svc/hello", true, "127.0.0.1/4140"],
    ["hello", "get /", true, "→ 127.0.0.1:4141"],
    ["incoming", "/svc/hello", true, "127.0.0.1/4141"],
    ["hello", "get /", false, "→ 127.0.0.1:7777"],
    ["outgoing", "/svc/world", true, "127.0.0.1/4140"],
    ["world-v1", "get /", true, "→ 127.0.0.1:4141"],
    ["incoming", "/svc/world", true, "127.0.0.1/4141"],
    ["world-v1", "get /", false, "→ 127.0.0.1:7780"],
  ]);
});

/** The slow, obvious way: for each span look through all others. */
function depthsOf(spans: readonly Span[]): Map<string, number> {
  const depth = (one: Span): number => {
    const parent = spans.find(({ id }) => id === one.parentId);
    return parent ? depth(parent) + 1 : 0;
  };
  return new Map(spans.map((one) => [one.id, depth(one)]));
}

test.each([1, 2, 3])("a generated trace (seed %d) is the same tree that the obvious way finds", (seed) => {
  const spans = generated(600, seed);
  const built = buildTree(spans);
  expect(new Map(built.nodes.map(({ key, depth }) => [key, depth]))).toEqual(depthsOf(spans));
  for (const [i, row] of built.nodes.entries()) {
    const below = built.nodes.slice(i + 1, i + row.size);
    expect(below.every(({ depth }) => depth > row.depth)).toBe(true);
    expect(built.nodes[i + row.size]?.depth ?? 0).toBeLessThanOrEqual(row.depth);
  }
});

test("ten thousand spans in one chain are no deeper than the stack", () => {
  const spans = trace(
    ...Array.from({ length: 10_000 }, (_, i): Brief => ({
      id: `${i}`,
      ...(i > 0 && { parent: `${i - 1}` }),
      at: i,
      took: 30_000 - 2 * i,
    })),
  );
  const built = buildTree(spans.toReversed());
  expect(built.nodes.at(-1)).toMatchObject({ key: "9999", depth: 9999 });
});
