import { expect, test } from "vitest";
import { MOST_ROWS, flameOf, nodeAt } from "./flame";
import { generated, shop } from "./spans.fixture";
import { buildTree } from "./tree";

const tree = buildTree(shop());

test("calls at the same time burn beside each other, below their caller", () => {
  expect(flameOf(tree)).toEqual({ lanes: [0, 1, 2, 3, 1], rows: 4 });
  expect(nodeAt(tree, flameOf(tree), 2, 30, 0)?.key).toBe("c");
  expect(nodeAt(tree, flameOf(tree), 1, 75, 0)).toBeNull();
  expect(nodeAt(tree, flameOf(tree), 1, 75, 6)?.key).toBe("e");
});

test("no two spans of a row overlap, and none stands above its caller", () => {
  const many = buildTree(generated(3000));
  const { lanes, rows } = flameOf(many);
  expect(rows).toBeLessThan(MOST_ROWS);
  const ends = new Map<number, number>();
  const lane = new Map(many.nodes.map((node, i) => [node, lanes[i] ?? 0]));
  many.nodes.forEach((node, i) => {
    const row = lanes[i] ?? 0;
    expect(ends.get(row) ?? 0).toBeLessThanOrEqual(node.start);
    ends.set(row, node.end);
    if (node.parent) expect(row).toBeGreaterThan(lane.get(node.parent) ?? 0);
  });
});
