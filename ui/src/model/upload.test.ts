import { expect, test } from "vitest";
import { hello, span } from "./spans.fixture";
import { readUpload } from "./upload";

const other = { ...span({ id: "1", service: "web", at: 0 }), traceId: "ff" };
const read = (value: unknown) => readUpload("trace.json", typeof value === "string" ? value : JSON.stringify(value));
const sizes = (value: unknown) => {
  const upload = read(value);
  return upload.ok ? upload.traces.map((spans) => spans.length) : upload.reason;
};

test.each([
  ["a downloaded trace", hello(), [8]],
  ["a list of traces", [hello(), [other]], [8, 1]],
  ["spans of two traces in one list", [other, ...hello()], [1, 8]],
  ["64 and 128 bits of one id", [other, { ...other, traceId: "00000000000000aa00000000000000ff" }], [2]],
  ["keys of others, and unknown values as null", [{ ...other, name: null, more: 1 }], [1]],
])("takes %s", (_, value, expected) => {
  expect(sizes(value)).toEqual(expected);
});

test.each([
  ["{}", "at byte 0 “{” was read, “[” was expected."],
  ["  <html>", "at byte 2 “<” was read, “[” was expected."],
  ["", "at byte 0 the end was read, “[” was expected."],
  ['[{"id": 1', "at byte 9 the end was read, “,” or “}” was expected."],
  ["[]", "it holds none."],
  ["[[]]", "it holds none."],
  ["[7]", "span 1 is no object."],
  [[other, { id: "2" }], "span 2 has no “traceId”."],
  [[{ traceId: "1", id: 2 }], "span 1 has no “id”."],
  [[{ ...other, timestamp: "soon" }], "span 1 has “timestamp” that is not a number of microseconds."],
  [[{ ...other, tags: { a: 1 } }], "span 1 has “tags” that is not an object of texts."],
  [[{ ...other, annotations: [{ value: "x" }] }], "span 1 has “annotations” that is not a list of events."],
  [[{ traceId: "1", id: "1", binaryAnnotations: [] }], "span 1 is of Zipkin's first format; version 2 is read."],
])("refuses %j", (value, reason) => {
  expect(sizes(value)).toBe(`“trace.json” is not a list of spans: ${reason}`);
});
