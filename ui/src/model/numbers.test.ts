import { expect, test } from "vitest";
import { count, counted, duration, inWords, percent, tick, ticks } from "./numbers";
import { micros } from "./span";

test.each([
  [1, "1 µs"],
  [380, "380 µs"],
  [999, "999 µs"],
  [999.7, "1.00 ms"],
  [1000, "1.00 ms"],
  [8020, "8.02 ms"],
  [9995, "10.0 ms"],
  [14_210, "14.2 ms"],
  [99_960, "100 ms"],
  [214_210, "214 ms"],
  [999_499, "999 ms"],
  [999_500, "1.00 s"],
  [1_182_000, "1.18 s"],
  [59_940_000, "59.9 s"],
  [60_000_000, "1 min"],
  [200_000_000, "3 min 20 s"],
  [3_600_000_000, "1 h"],
  [7_500_000_000, "2 h 5 min"],
])("%d µs is written %s", (us, text) => {
  expect(duration(micros(us)).replaceAll("\u00a0", " ")).toBe(text);
});

test("thousands are parted by a narrow space", () => {
  expect([0, 999, 1204, 48_210, 1_000_000].map(count)).toEqual([
    "0",
    "999",
    "1\u202f204",
    "48\u202f210",
    "1\u202f000\u202f000",
  ]);
});

test("a count agrees with its word", () => {
  expect([counted(1, "span"), counted(8, "span"), counted(2, "span has", "spans have")]).toEqual([
    "1 span",
    "8 spans",
    "2 spans have",
  ]);
  expect([inWords(1, "error"), inWords(4, "router"), inWords(12, "router")]).toEqual([
    "One error",
    "Four routers",
    "12 routers",
  ]);
});

test("axes step by round numbers and stop before the end", () => {
  expect(ticks(0, 14_500, 6)).toEqual([0, 2500, 5000, 7500, 10_000, 12_500]);
  expect(ticks(3000, 4000, 4)).toEqual([3000, 3250, 3500, 3750]);
  expect(ticks(5, 5, 4)).toEqual([]);
  expect([0, 250, 2500, 1_250_000].map((us) => tick(micros(us)).replace("\u00a0", " "))).toEqual([
    "0",
    "250 µs",
    "2.5 ms",
    "1.25 s",
  ]);
});

test.each([
  [0, "0 %"],
  [0.0001, "< 0.1 %"],
  [0.031, "3.1 %"],
  [0.25, "25 %"],
  [1 / 3, "33.3 %"],
  [0.9961, "99.61 %"],
  [0.99999, "99.99 %"],
  [1, "100 %"],
])("a share of %d is %s", (share, text) => {
  expect(percent(share).replace("\u00a0", " ")).toBe(text);
});
