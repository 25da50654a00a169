import { expect, test } from "vitest";
import { type Link, mapOf, narrowed, readWindow } from "./map";
import { looksOf } from "./services";
import { micros } from "./span";

const latency = { p50: micros(1), p95: micros(2), p99: micros(3000), max: micros(4000) };
const LINKS: Link[] = [
  { parent: "edge", child: "shop", callCount: 200, errorCount: 4 },
  { parent: "shop", child: "bank", callCount: 100, errorCount: 4, latency },
  { parent: "shop", child: "stock", callCount: 100, latency },
];
const look = looksOf([], []);
const map = mapOf(LINKS, look, new Set(["edge", "shop", "stock"]));

test("errors began where the called service makes no failing calls", () => {
  expect(map.edges.map(({ link, bad, began }) => [link.child, bad, began])).toEqual([
    ["bank", true, true],
    ["shop", true, false],
    ["stock", false, false],
  ]);
});

test("a service has the calls of all its callers", () => {
  const both = mapOf([...LINKS, { parent: "edge", child: "bank", callCount: 300 }], look, new Set());
  expect(both.places.find(({ name }) => name === "bank")).toMatchObject({ calls: 400, failing: 0.01, p99: 3000 });
});

test("who sent no spans is known from its callers only", () => {
  expect(map.places.filter(({ outside }) => outside).map(({ name }) => name)).toEqual(["bank"]);
});

test("two names with one alias say what they are", () => {
  const links = [{ parent: "%/io.l5d.port/4141/#/io.l5d.fs/hello", child: "#/io.l5d.fs/hello", callCount: 1 }];
  const both = looksOf(
    links.flatMap(({ parent, child }) => [parent, child]),
    [],
  );
  expect(mapOf(links, both, new Set()).places.map(({ alias }) => alias)).toEqual(["hello fs", "hello port 4141"]);
});

test("a filter keeps what matches and what is beside it", () => {
  expect(narrowed(LINKS, " BANK ", look)).toEqual([LINKS[1]]);
  expect(narrowed(LINKS, "", look)).toBe(LINKS);
});

test.each([
  ["", 3_600_000, null],
  ["lookback=15m&endTs=5000000", 900_000, 5_000_000],
  ["startTs=1000000&endTs=5000000", 4_000_000, 5_000_000],
  ["startTime=1000000&endTime=5000000", 4_000_000, 5_000_000],
])("the window of “%s”", (query, lookback, until) => {
  expect(readWindow(new URLSearchParams(query))).toMatchObject({ lookback, until });
});
