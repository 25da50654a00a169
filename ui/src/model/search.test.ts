import { expect, test } from "vitest";
import {
  EVERYTHING,
  type Search,
  apiParams,
  describe as words,
  mistakeIn,
  readDuration,
  readSearch,
  writeSearch,
} from "./search";

const NOW = 1_795_000_000_000;
const read = (query: string) => readSearch(new URLSearchParams(query));
const asked = (query: string) => Object.fromEntries(apiParams(read(query), NOW));

test("an old link with nothing but a service is a whole search", () => {
  expect(asked("serviceName=0.0.0.0%2F4140")).toEqual({
    serviceName: "0.0.0.0/4140",
    endTs: String(NOW),
    lookback: "3600000",
    limit: "50",
  });
});

test("a link from Zipkin's own pages asks what it asked there", () => {
  const query =
    "serviceName=web&spanName=get&remoteServiceName=db&minDuration=10ms&maxDuration=1.5s&annotationQuery=error+and+a%3Db&lookback=15m&endTs=1700000000000&limit=10";
  expect(asked(query)).toEqual({
    serviceName: "web",
    spanName: "get",
    remoteServiceName: "db",
    minDuration: "10000",
    maxDuration: "1500000",
    annotationQuery: "error and a=b",
    lookback: "900000",
    endTs: "1700000000000",
    limit: "10",
  });
});

test.each([
  ["lookback=millis&millis=60000", 60_000],
  ["lookback=range&startTs=1000&endTs=5000", 4000],
  ["lookback=900000", 900_000],
  ["lookback=2d", 172_800_000],
  ["lookback=soon", 3_600_000],
  ["lookback=0", 3_600_000],
  ["lookback=range&startTs=9&endTs=5", 3_600_000],
])("%s looks back %d ms", (query, lookback) => {
  expect(read(query).lookback).toBe(lookback);
});

test("“all” and empty mean any", () => {
  expect(read("serviceName=all&spanName=All&remoteServiceName=")).toEqual(EVERYTHING);
});

test("an upper bound alone is sent with the least lower bound, which the API wants", () => {
  expect(asked("maxDuration=5ms")).toMatchObject({ minDuration: "1", maxDuration: "5000" });
});

test.each<Partial<Search>>([
  {},
  { service: "a b/%&=", operation: "get /", remote: "ü", tags: "error and http.method=GET" },
  { least: "100ms", most: "2s", limit: 7 },
  { words: "{service = hello duration > 250ms} NOT error" },
  { lookback: 60_000, until: NOW },
  { lookback: 1234 },
  { lookback: 604_800_000 },
])("what is written to the address reads back the same: %j", (change) => {
  const search = { ...EVERYTHING, ...change };
  expect(readSearch(new URLSearchParams(String(writeSearch(search))))).toEqual(search);
});

test("the address holds only what differs from the default", () => {
  expect(String(writeSearch({ ...EVERYTHING, service: "hello" }))).toBe("serviceName=hello");
});

test.each([
  ["100ms", 100_000],
  ["1.5s", 1_500_000],
  ["1,5 s", 1_500_000],
  ["380us", 380],
  ["380µs", 380],
  ["250", 250],
  ["2m", 120_000_000],
])("%s is %d µs", (text, us) => {
  expect(readDuration(text)).toBe(us);
});

test.each([
  [{ least: "soon" }, "“soon” is not a duration: write 380us, 100ms, 1.5s, or microseconds."],
  [{ least: "0" }, "“0” is not a duration: write 380us, 100ms, 1.5s, or microseconds."],
  [{ least: "2s", most: "1s" }, "“At most” is shorter than “at least”."],
  [{ least: "1s", most: "1s" }, null],
])("%j: %s", (change, sentence) => {
  expect(mistakeIn({ ...EVERYTHING, ...change })).toBe(sentence);
});

test("a search is described as one would say it", () => {
  expect(words({ ...EVERYTHING, service: "hello", least: "100ms", tags: "error" })).toBe(
    "service = hello and duration ≥ 100ms and error",
  );
});
