import { expect, test } from "vitest";
import { type Folds, reveal, rowOf, rowsOf, toggle } from "./rows";
import { type Brief, generated, trace } from "./spans.fixture";
import { type Node, buildTree } from "./tree";

const tree = (...briefs: readonly Brief[]) => buildTree(trace(...briefs));
const small = tree(
  { id: "a", at: 0, took: 100 },
  { id: "b", parent: "a", at: 1, took: 40 },
  { id: "c", parent: "b", at: 2, took: 10 },
  { id: "d", parent: "c", at: 3, took: 5 },
  { id: "e", parent: "a", at: 60, took: 10 },
);
const keys = (folds: Folds) =>
  rowsOf(small.roots, folds)
    .map(({ key, folded }) => (folded ? `${key}…` : key))
    .join(" ");
const node = (key: string): Node => small.nodes.find((other) => other.key === key) as Node;

test.each([
  [[], "a b c d e"],
  [["b"], "a b… e"],
  [["a"], "a…"],
  [["c", "e"], "a b c… e"],
  [["a*"], "a b… e"],
  [["a*", "b"], "a b c… e"],
  [["a*", "b", "c"], "a b c d e"],
  [["nobody"], "a b c d e"],
])("with %j folded the rows are %s", (folds, rows) => {
  expect(keys(new Set(folds))).toBe(rows);
});

test.each([
  ["d", ["b", "c"]],
  ["d", ["a*"]],
  ["d", ["a", "a*", "c"]],
  ["e", ["b"]],
  ["a", ["a"]],
])("revealing %s opens what hides it in %j, and nothing else", (key, folds) => {
  const before = new Set(folds);
  const after = reveal(small.roots, before, node(key));
  const rows = rowsOf(small.roots, after);
  expect(rows[rowOf(rows, node(key))]).toMatchObject({ key });
  if (key === "e" || key === "a") expect(after).toEqual(before);
});

test("a node that is folded away stands for the row it is in", () => {
  const rows = rowsOf(small.roots, new Set(["b"]));
  expect(rows[rowOf(rows, node("d"))]?.key).toBe("b");
});

const child = (i: number, name: string): Brief => ({
  id: `q${i}`,
  parent: "a",
  service: "db",
  kind: "CLIENT",
  name,
  at: i * 10,
  took: i,
});
const many = tree(
  { id: "a", at: 0, took: 9000 },
  ...Array.from({ length: 60 }, (_, i) => child(i + 1, "select")),
  ...Array.from({ length: 50 }, (_, i) => child(i + 100, "insert")),
);

test("more than fifty like siblings are one row that opens", () => {
  const folded = rowsOf(many.roots, new Set());
  expect(folded).toHaveLength(1 + 1 + 50);
  const likes = folded[1];
  expect(likes).toMatchObject({
    kind: "likes",
    folded: true,
    depth: 1,
    likes: { shortest: 1, longest: 60, total: 1830 },
  });
  expect(rowsOf(many.roots, toggle(new Set(), likes?.key ?? ""))).toHaveLength(1 + 1 + 60 + 50);
  const hidden = many.nodes.find(({ key }) => key === "q30") as Node;
  const open = rowsOf(many.roots, reveal(many.roots, new Set(), hidden));
  expect(open[rowOf(open, hidden)]).toMatchObject({ kind: "span", key: "q30" });
});

test("all spans of a generated trace have a row, once each", () => {
  const built = buildTree(generated(10_000));
  let folds: Folds = new Set();
  for (const row of rowsOf(built.roots, folds)) if (row.kind === "likes") folds = toggle(folds, row.key);
  const shown = rowsOf(built.roots, folds).filter(({ kind }) => kind === "span");
  expect(new Set(shown.map(({ key }) => key)).size).toBe(shown.length);
  expect(shown).toHaveLength(10_000);
});
