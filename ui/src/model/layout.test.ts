import { expect, test } from "vitest";
import { type Pair, layout } from "./layout";

const columns = (count: number, edges: readonly Pair[]) => layout(count, edges).nodes.map(({ x }) => x);

test.each<[string, number, Pair[], number[]]>([
  ["nothing", 0, [], []],
  ["one alone", 1, [], [0]],
  [
    "a chain, whatever its order",
    3,
    [
      [2, 1],
      [1, 0],
    ],
    [2, 1, 0],
  ],
  [
    "the longest way counts",
    3,
    [
      [0, 2],
      [0, 1],
      [1, 2],
    ],
    [0, 1, 2],
  ],
  [
    "who calls itself",
    2,
    [
      [0, 0],
      [0, 1],
    ],
    [0, 1],
  ],
  [
    "a circle is cut where it leads back",
    3,
    [
      [1, 2],
      [2, 1],
      [0, 1],
    ],
    [0, 1, 2],
  ],
  [
    "a circle that nobody calls",
    2,
    [
      [0, 1],
      [1, 0],
    ],
    [0, 1],
  ],
])("%s", (_, count, edges, expected) => {
  expect(columns(count, edges)).toEqual(expected);
});

test("nodes and bends of a column are a row apart", () => {
  const edges: Pair[] = [];
  for (let to = 1; to < 60; to++) edges.push([Math.floor((to - 1) / 3), to], [0, to]);
  const { nodes, ways, rows } = layout(60, edges);
  const bends = ways.flatMap((way) => way.slice(1, -1));
  for (const group of Map.groupBy([...nodes, ...bends], ({ x }) => x).values()) {
    const sorted = group.map(({ y }) => y).toSorted((a, b) => a - b);
    for (const [i, y] of sorted.slice(1).entries()) expect(y - (sorted[i] ?? 0)).toBeGreaterThan(0.999);
  }
  expect(Math.min(...nodes.map(({ y }) => y), ...bends.map(({ y }) => y))).toBe(0);
  expect(rows).toBeLessThan(200);
});

test("edges that can be drawn without a crossing are", () => {
  const { nodes } = layout(4, [
    [0, 3],
    [1, 2],
  ]);
  const [a, b, c, d] = nodes.map(({ y }) => y);
  expect(Math.sign((a ?? 0) - (b ?? 0))).toBe(Math.sign((d ?? 0) - (c ?? 0)));
});

test("a way leads from node to node through each column", () => {
  const { ways } = layout(3, [
    [0, 1],
    [1, 2],
    [0, 2],
  ]);
  expect(ways[2]?.map(({ x }) => x)).toEqual([0, 1, 2]);
});
