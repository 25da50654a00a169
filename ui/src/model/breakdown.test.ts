import { expect, test } from "vitest";
import { partsOf } from "./breakdown";
import { looksOf } from "./services";
import { serviceOf } from "./span";
import { shop } from "./spans.fixture";
import { buildTree } from "./tree";

const tree = buildTree(shop());
const look = looksOf(shop().map(serviceOf), []);

test("calls are summed by service and operation, the most own time first", () => {
  expect(
    partsOf(tree, look, "own").map(({ label, calls, total, own, longest, errors }) => [
      `${label.alias} ${label.operation}`,
      calls,
      total,
      own,
      longest,
      errors,
    ]),
  ).toEqual([
    ["cart get /cart", 2, 80, 75, 50, 1],
    ["shop get /", 1, 100, 30, 100, 0],
    ["shop render", 1, 10, 10, 10, 0],
    ["redis hget", 1, 5, 5, 5, 0],
  ]);
  expect(partsOf(tree, look, "longest").map(({ longest }) => longest)).toEqual([100, 50, 10, 5]);
});
