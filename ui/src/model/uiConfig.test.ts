import { expect, test } from "vitest";
import { readSearch, writeSearch } from "./search";
import { AS_BUILT, linkFor, readUiConfig } from "./uiConfig";

const ZIPKIN = {
  environment: " staging ",
  queryLimit: 10,
  defaultLookback: 900_000,
  searchEnabled: false,
  logsUrl: "https://logs.example/?q={traceId}",
  supportUrl: null,
  archivePostUrl: "https://keep.example/api/v2/spans",
  archiveUrl: "javascript:alert(1)",
  dependency: { enabled: false, lowErrorRate: 0.5 },
};

test("Zipkin's document is read by its keys", () => {
  expect(readUiConfig(ZIPKIN)).toEqual({
    environment: "staging",
    search: { ...AS_BUILT.search, lookback: 900_000, limit: 10 },
    searchEnabled: false,
    mapEnabled: false,
    archivePostUrl: "https://keep.example/api/v2/spans",
    archiveUrl: null,
    supportUrl: null,
    logsUrl: "https://logs.example/?q={traceId}",
  });
});

test.each([null, [], "text", {}, { queryLimit: -1, defaultLookback: "1h", environment: 3, dependency: null }])(
  "of %j nothing is taken",
  (document) => {
    expect(readUiConfig(document)).toEqual(AS_BUILT);
  },
);

test.each([
  ["/help", "/help"],
  ["http://help.example", "http://help.example"],
  ["javascript:alert(1)", null],
  ["//elsewhere.example", null],
])("help at %s", (supportUrl, taken) => {
  expect(readUiConfig({ supportUrl }).supportUrl).toBe(taken);
});

test("the logs of a trace are at an address of its own", () => {
  expect(linkFor(readUiConfig(ZIPKIN).logsUrl, "1f")).toBe("https://logs.example/?q=1f");
  expect(linkFor(AS_BUILT.logsUrl, "1f")).toBeNull();
});

test("an address that says nothing asks what the server says", () => {
  const { search } = readUiConfig(ZIPKIN);
  expect(readSearch(new URLSearchParams("lookback=soon"), search)).toEqual(search);
  expect(String(writeSearch({ ...search, service: "a" }, search))).toBe("serviceName=a");
  expect(String(writeSearch({ ...search, lookback: 3_600_000, limit: 50 }, search))).toBe("lookback=1h&limit=50");
});
