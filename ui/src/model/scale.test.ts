import { expect, test } from "vitest";
import { barOf } from "./bars";
import { rowsOf } from "./rows";
import { at, between, pan, same, whole, x, zoom } from "./scale";
import { trace } from "./spans.fixture";
import { buildTree } from "./tree";

const limits = { from: 0, to: 1000 };

test("a moment and its place are each other's inverse", () => {
  const view = { from: 200, to: 700 };
  expect(x(view, 500, 450)).toBe(250);
  expect(at(view, 500, x(view, 500, 321))).toBeCloseTo(321);
});

test("zooming keeps the moment under the pointer where it is, within the trace", () => {
  expect(zoom(limits, limits, 0.5, 400)).toEqual({ from: 200, to: 700 });
  expect(zoom({ from: 200, to: 700 }, limits, 4, 400)).toEqual(limits);
  expect(zoom({ from: 0, to: 20 }, limits, 0.01, 0)).toEqual({ from: 0, to: 10 });
});

test("panning stops at the ends", () => {
  expect(pan({ from: 100, to: 300 }, limits, 0.5)).toEqual({ from: 200, to: 400 });
  expect(pan({ from: 100, to: 300 }, limits, -2)).toEqual({ from: 0, to: 200 });
  expect(pan({ from: 800, to: 1000 }, limits, 1)).toEqual({ from: 800, to: 1000 });
});

test("a stretch may be drawn from either side, and has a least length", () => {
  expect(between(700, 300, limits)).toEqual({ from: 300, to: 700 });
  expect(between(500, 502, limits)).toEqual({ from: 496, to: 506 });
  expect(same(whole(0), { from: 0, to: 1.02 })).toBe(true);
});

const spans = trace(
  { id: "a", at: 0, took: 1000 },
  { id: "b", parent: "a", at: 100, took: 500 },
  { id: "c", parent: "b", at: 600, took: 0 },
  { id: "d", parent: "a", kind: "CONSUMER", at: 900, took: 5000 },
);
const rows = rowsOf(buildTree(spans).roots, new Set());
const bars = (from: number, to: number) => rows.map((row) => barOf(row, { from, to }, 100));

test("bars are solid in own time, thin ones can be seen, and asynchronous ones are dashed", () => {
  expect(bars(0, 1000)).toEqual([
    { left: 0, right: 100, solid: [0, 10, 60, 100], dashed: false },
    { left: 10, right: 60, solid: [10, 60], dashed: false },
    { left: 60, right: 61.5, solid: [], dashed: false },
    { left: 90, right: 102, solid: [90, 102], dashed: true },
  ]);
});

test("a bar outside the view is not drawn, one across its edge is cut", () => {
  expect(bars(200, 300).map((bar) => bar && [bar.left, bar.right])).toEqual([[-2, 102], [-2, 102], null, null]);
});
