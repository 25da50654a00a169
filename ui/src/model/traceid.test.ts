import { expect, test } from "vitest";
import { traceIdIn } from "./traceid";

test.each([
  ["c41d7e0a93b25f68", "c41d7e0a93b25f68"],
  ["  C41D7E0A93B25F68\n", "c41d7e0a93b25f68"],
  ["1", "0000000000000001"],
  ["0000000000000000c41d7e0a93b25f68", "c41d7e0a93b25f68"],
  ["463ac35c9f6413ad48485a3953bb6124", "463ac35c9f6413ad48485a3953bb6124"],
  ["3ac35c9f6413ad48485a3953bb6124", "003ac35c9f6413ad48485a3953bb6124"],
  ["http://127.0.0.1:9411/zipkin/traces/c41d7e0a93b25f68?span=1", "c41d7e0a93b25f68"],
  ["http://127.0.0.1:16686/trace/c41d7e0a93b25f68", "c41d7e0a93b25f68"],
  ["00-463ac35c9f6413ad48485a3953bb6124-00f067aa0ba902b7-01", "463ac35c9f6413ad48485a3953bb6124"],
  ["traceparent: 00-0000000000000000c41d7e0a93b25f68-00f067aa0ba902b7-01", "c41d7e0a93b25f68"],
  ["b3: 463ac35c9f6413ad48485a3953bb6124-0020000000000001-1-000000000000000a", "463ac35c9f6413ad48485a3953bb6124"],
  ["X-B3-TraceId: c41d7e0a93b25f68", "c41d7e0a93b25f68"],
])("%s holds %s", (text, id) => {
  expect(traceIdIn(text)).toBe(id);
});

test.each(["", "hello", "0000000000000000", "463ac35c9f6413ad48485a3953bb6124a", "c41d 7e0a"])(
  "%j holds no trace id",
  (text) => {
    expect(traceIdIn(text)).toBeNull();
  },
);
