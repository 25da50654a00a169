import { expect, test } from "vitest";
import { aligned, comparison, differenceOf, signed } from "./compare";
import { looksOf } from "./services";
import { serviceOf } from "./span";
import { type Brief, generated, trace } from "./spans.fixture";
import { type Trace, buildTree } from "./tree";

const look = looksOf([], []);
const tree = (...briefs: readonly Brief[]): Trace => buildTree(trace(...briefs));
const at = (id: string, name: string, start: number, took: number, parent = "root"): Brief => ({
  id,
  parent,
  name,
  service: name,
  at: start,
  took,
});
const root = (took: number): Brief => ({ id: "root", service: "shop", at: 0, took });
const shown = (here: Trace, there: Trace) =>
  aligned(here, there, look).map(
    (pair) => `${"  ".repeat(pair.depth)}${pair.here?.key ?? "–"} ${pair.there?.key ?? "–"}`,
  );

test("the same shape pairs every call with its like", () => {
  const here = tree(root(100), at("a", "cart", 1, 10), at("b", "cart", 20, 10), at("c", "pay", 40, 10));
  const there = tree(root(90), at("x", "cart", 1, 10), at("y", "cart", 20, 15), at("z", "pay", 40, 10));
  expect(shown(here, there)).toEqual(["root root", "  a x", "  b y", "  c z"]);
  const pairs = aligned(here, there, look);
  expect(pairs.map(differenceOf)).toEqual([10, 0, -5, 0]);
  expect(comparison(here, there, pairs).replaceAll("\u00a0", " ")).toBe(
    "100 µs, 10 µs more than the other trace (90 µs). Both have the same shape.",
  );
});

test("what only one of them has stands where it was called, with all below it", () => {
  const here = tree(root(100), at("a", "cart", 1, 10), at("b", "db", 2, 5, "a"), at("c", "pay", 40, 10));
  const there = tree(
    root(100),
    at("w", "auth", 0, 1),
    at("x", "cart", 1, 10),
    at("y", "mail", 20, 2),
    at("z", "smtp", 21, 1, "y"),
  );
  expect(shown(here, there)).toEqual(["root root", "  – w", "  a x", "    b –", "  – y", "    – z", "  c –"]);
  const pairs = aligned(here, there, look);
  expect(new Set(pairs.map(({ key }) => key)).size).toBe(pairs.length);
  expect(comparison(here, there, pairs).replaceAll("\u00a0", " ")).toBe(
    "100 µs, as long as the other trace (100 µs). 2 spans only here, 3 spans only there.",
  );
});

test("every span of both is there once, in the order of each", () => {
  const [here, there] = [generated(2000, 3), generated(2000, 4)].map((spans) => buildTree(spans));
  if (!here || !there) throw new Error("no traces");
  const pairs = aligned(here, there, looksOf(here.spans.map(serviceOf), []));
  expect(pairs.flatMap((pair) => pair.here ?? [])).toEqual(here.nodes);
  expect(new Set(pairs.flatMap((pair) => pair.there ?? []))).toEqual(new Set(there.nodes));
  expect(pairs.flatMap((pair) => pair.there ?? [])).toHaveLength(there.nodes.length);
});

test.each([
  [388_000, "+388 ms"],
  [-1200, "−1.20 ms"],
  [0, "same"],
  [-0.2, "same"],
])("a difference of %d is %s", (us, text) => {
  expect(signed(us).replace("\u00a0", " ")).toBe(text);
});
