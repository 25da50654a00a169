import { expect, test } from "vitest";
import {
  type Box,
  COLUMNS,
  ROWS,
  across,
  boxOf,
  durationTicks,
  heatmapOf,
  isIn,
  levelOf,
  middleBox,
  narrowedTo,
  nudged,
  placeAt,
  readBox,
  up,
  writeBox,
} from "./heatmap";
import { EVERYTHING, apiParams } from "./search";
import { micros } from "./span";

const point = (start: number, duration: number, failed = false) => ({
  start: micros(start),
  duration: micros(duration),
  error: failed ? { word: "503", where: "shop", seenByCaller: true } : null,
});
const box = (from: number, to: number, shortest: number, longest: number): Box => ({
  from: micros(from),
  to: micros(to),
  shortest: micros(shortest),
  longest: micros(longest),
});

test("each trace is in one cell, and its error in the lane below", () => {
  const map = heatmapOf([point(0, 1000), point(5000, 1000), point(9_000_000, 100_000, true)]);
  const filled = map?.counts.flatMap((count, i) => (count > 0 ? [[Math.floor(i / COLUMNS), i % COLUMNS, count]] : []));
  expect(filled).toEqual([
    [0, 4, 2],
    [ROWS - 1, COLUMNS - 5, 1],
  ]);
  expect(map?.most).toBe(2);
  expect(map?.errors.flatMap((count, i) => (count > 0 ? [i] : []))).toEqual([COLUMNS - 5]);
});

test("without traces there is no picture, and equal ones are in its middle", () => {
  expect(heatmapOf([])).toBeNull();
  const map = heatmapOf([point(5, 5000)]);
  expect(map && up(map, 5000)).toBeCloseTo(0.5);
  expect(map && map.longest / map.shortest).toBeCloseTo(10);
});

test("there is air at both ends; what has no duration counts as the shortest", () => {
  const map = heatmapOf([point(100_000_000, 0), point(200_000_000, 10)]);
  expect([map?.from, map?.to]).toEqual([98_000_000, 202_000_000]);
  expect(map?.counts.reduce((a, b) => a + b)).toBe(2);
});

test.each([
  [1, 1, 4],
  [1, 100, 2],
  [10, 100, 5],
  [100, 100, 8],
])("%d of at most %d has the colour %d", (count, most, level) => {
  expect(levelOf(count, most)).toBe(level);
});

test.each([
  [1000, 100_000, [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]],
  [1, 10_000_000, [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]],
  [0.4, 4, [1, 2]],
])("the axis from %d to %d has %j", (shortest, longest, ticks) => {
  expect(durationTicks(box(0, 1, shortest, longest))).toEqual(ticks);
});

const EXTENT = box(0, 900, 1, 10_000);

test("a box has two corners in any order, inside the picture", () => {
  expect(boxOf(EXTENT, [0.5, 0.75], [0.25, 0.25])).toEqual(box(225, 450, 10, 1000));
  expect(boxOf(EXTENT, [-1, -1], [2, 2])).toEqual(EXTENT);
  const [moment, duration] = placeAt(EXTENT, 0.3, 0.6);
  expect([across(EXTENT, moment), up(EXTENT, duration)].map((share) => share.toFixed(2))).toEqual(["0.30", "0.60"]);
});

test("arrows move it by a cell, and grow it", () => {
  const middle = middleBox(EXTENT);
  expect(middle).toEqual(box(300, 600, 22, 464));
  expect(nudged(EXTENT, middle, [1, 0], false)).toMatchObject({ from: 310, to: 610 });
  expect(nudged(EXTENT, middle, [1, 0], true)).toMatchObject({ from: 300, to: 610 });
  expect(nudged(EXTENT, middle, [0, -1], true).longest).toBeLessThan(464);
});

test("a box knows who is in it", () => {
  const some = box(100, 200, 10, 20);
  expect([point(100, 20), point(99, 15), point(150, 21), point(200, 10)].map((each) => isIn(some, each))).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test.each([null, "", "1,2,3", "1,2,3,x", "2,1,3,4", "1,2,4,3", "1,2,3,4,5"])("%j is no box", (text) => {
  expect(readBox(text)).toBeNull();
});

test("an address keeps a box, and a search is narrowed to it", () => {
  const some = box(1_795_000_000_000_100, 1_795_000_001_000_100, 900, 12_000);
  expect(readBox(writeBox(some))).toEqual(some);
  const params = Object.fromEntries(apiParams(narrowedTo(EVERYTHING, some), 0));
  expect(params).toMatchObject({
    endTs: "1795000001002",
    lookback: "1002",
    minDuration: "900",
    maxDuration: "12000",
  });
});
