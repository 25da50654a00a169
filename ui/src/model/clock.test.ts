import { expect, test } from "vitest";
import { clock, fullClock } from "./clock";
import { micros } from "./span";

const at = micros(Date.UTC(2026, 10, 24, 13, 41, 48, 662) * 1000 + 999);

test("a moment of today shows its milliseconds, another day its date", () => {
  expect(clock(at, micros(at + 3_600_000_000), "utc")).toBe("13:41:48.662");
  expect(clock(at, micros(at + 86_400_000_000), "utc")).toBe("24 Nov 13:41");
});

test("midnight is hour 0", () => {
  expect(fullClock(micros(Date.UTC(2026, 0, 1) * 1000), "utc")).toBe("1 Jan 2026 00:00:00.000");
});
