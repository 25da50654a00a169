import { expect, test } from "vitest";
import { droppedInAll, lost, rate, readIntake, spansPerSecond, unaccounted } from "./ingest";

const health = (details: object) => ({
  status: "UP",
  zipkin: { details: { "Collector{}": { status: "UP", details } } },
});
const DROPPED = { "sampled out": 40, "refused by the store": 3, other: 0 };
const FULL = { accepted: 100, stored: 50, waiting: 7, dropped: DROPPED };

test("accepted spans are stored, dropped or waiting, and drops have reasons", () => {
  const intake = readIntake(health(FULL), 1000);
  expect(intake).toEqual({
    at: 1000,
    accepted: 100,
    stored: 50,
    waiting: 7,
    dropped: [
      ["sampled out", 40],
      ["refused by the store", 3],
    ],
    trouble: "",
  });
  if (!intake) return;
  expect([droppedInAll(intake), lost(intake), unaccounted(intake)]).toEqual([43, 3, 0]);
  expect(unaccounted({ ...intake, stored: 49 })).toBe(1);
});

test("trouble is told in the server's words", () => {
  expect(readIntake(health({ ...FULL, error: "the disk is full" }), 0)?.trouble).toBe("the disk is full");
});

test.each([null, "UP", {}, { zipkin: { details: {} } }])("%j is no health of a collector", (document) => {
  expect(readIntake(document, 0)).toBeNull();
});

test("a rate needs two readings of one process", () => {
  const [before, now] = [readIntake(health(FULL), 1000), readIntake(health({ ...FULL, accepted: 160 }), 6000)];
  if (!before || !now) throw new Error("both are readings");
  expect([spansPerSecond(null, now), spansPerSecond(before, now), spansPerSecond(now, before)]).toEqual([
    null,
    12,
    null,
  ]);
  expect(spansPerSecond(now, { ...before, at: 9000 })).toBeNull();
});

test.each([
  [0, "0/s"],
  [1204.4, "1\u202f204/s"],
  [9.12, "9.1/s"],
  [9.97, "10/s"],
  [0.0667, "4/min"],
  [0.001, "1/min"],
])("%d a second is written %s", (perSecond, text) => {
  expect(rate(perSecond)).toBe(text);
});
