import { expect, test } from "vitest";
import { forArchive } from "./archive";
import { hello } from "./spans.fixture";

test("the root is marked, and all else is as it was reported", () => {
  const spans = hello();
  const [root, ...rest] = forArchive(spans, "a1");
  expect(root).toEqual({ ...spans[0], tags: { "zipkin.archived": "true" } });
  expect(rest).toEqual(spans.slice(1));
  expect(spans[0]?.tags).toBeUndefined();
});
