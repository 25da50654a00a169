import { expect, test } from "vitest";
import { callsOf } from "./calls";
import { looksOf } from "./services";
import { serviceOf } from "./span";
import { hello, shop } from "./spans.fixture";
import { traceMap } from "./traceMap";
import { buildTree } from "./tree";

const tree = buildTree(shop());
const look = looksOf(shop().map(serviceOf), []);

test("services of one short name are one place of the map", () => {
  const names = looksOf(hello().map(serviceOf), []);
  const map = traceMap(callsOf(buildTree(hello()), names), names);
  expect(map.places.map(({ alias }) => alias)).toEqual(["hello", "world-v1"]);
  expect(map.edges.map(({ link }) => [link.callCount, link.latency?.max])).toEqual([[1, 9270]]);
  const edges = traceMap(tree, look).edges.map(({ link: { parent, child, callCount, errorCount } }) =>
    [parent, child, callCount, errorCount].join(" "),
  );
  expect(edges).toEqual(["shop cart 2 1", "cart redis 1 0"]);
});
