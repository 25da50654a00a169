/** Moments as the pages write them. The zone and today's date come in as arguments. */
import type { Micros } from "./span";

export type Zone = "local" | "utc";

/** `13:41:48.662` today, `23 Nov 13:41` else. */
export function clock(at: Micros, now: Micros, zone: Zone): string {
  const [moment, today] = [partsOf(at, zone), partsOf(now, zone)];
  const sameDay = moment.date === today.date;
  return sameDay ? `${moment.time}.${moment.millis}` : `${moment.day} ${moment.month} ${moment.time.slice(0, 5)}`;
}

/** `24 Nov 2026 14:07:02.113`. */
export function fullClock(at: Micros, zone: Zone): string {
  const { day, month, year, time, millis } = partsOf(at, zone);
  return `${day} ${month} ${year} ${time}.${millis}`;
}

/** The zone in words, for tooltips: `UTC`, or the browser's own (`Europe/Rome`). */
export const zoneName = (zone: Zone): string =>
  zone === "utc" ? "UTC" : new Intl.DateTimeFormat("en").resolvedOptions().timeZone;

function partsOf(at: Micros, zone: Zone) {
  const format = FORMATS[zone];
  const parts = new Map(format.formatToParts(new Date(at / 1000)).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  const [day, month, year] = [part("day"), part("month"), part("year")];
  return {
    day,
    month,
    year,
    date: `${year} ${month} ${day}`,
    time: `${part("hour")}:${part("minute")}:${part("second")}`,
    millis: String(Math.floor(at / 1000) % 1000).padStart(3, "0"),
  };
}

const format = (timeZone?: string) =>
  new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...(timeZone ? { timeZone } : {}),
  });
const FORMATS: Record<Zone, Intl.DateTimeFormat> = { local: format(), utc: format("UTC") };
