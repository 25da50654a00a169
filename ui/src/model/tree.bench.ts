import { test } from "vitest";
import { rowsOf } from "./rows";
import { generated } from "./spans.fixture";
import { buildTree } from "./tree";

// Linear means: ten times the spans take about ten times as long.
test.for([1000, 10_000, 100_000])("%d spans", async (size, { bench }) => {
  const spans = generated(size);
  const { roots } = buildTree(spans);
  await bench.compare(
    bench("tree", () => {
      buildTree(spans);
    }),
    bench("rows", () => {
      rowsOf(roots, new Set());
    }),
  );
});
