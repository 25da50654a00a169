import { expect, test } from "vitest";
import { looksOf } from "./services";
import { serviceOf } from "./span";
import { shop } from "./spans.fixture";
import { buildTree } from "./tree";
import { treeLines } from "./treeText";

const tree = buildTree(shop());
const look = looksOf(shop().map(serviceOf), []);

test("a tree as text stands in columns", () => {
  expect(treeLines(tree, look)).toEqual([
    "shop get /          100 µs",
    "  cart get /cart     30 µs",
    "  cart get /cart     50 µs  503 began here",
    "    redis hget        5 µs",
    "  shop render        10 µs",
  ]);
});
