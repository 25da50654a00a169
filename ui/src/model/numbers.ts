/** Numbers and durations as the pages write them. */
import type { Micros } from "./span";

const SPACE = "\u00a0";
const THOUSANDS = "\u202f";

/** Three figures and a unit: `380 µs`, `8.02 ms`, `1.18 s`, `3 min 20 s`. */
export function duration(us: Micros): string {
  if (us < 999.5) return `${Math.round(us)}${SPACE}µs`;
  if (us < 999_500) return `${threeFigures(us / 1e3)}${SPACE}ms`;
  if (us < 59_950_000) return `${threeFigures(us / 1e6)}${SPACE}s`;
  return minutes(Math.round(us / 1e6));
}

/** A label on an axis: no more figures than the step needs. */
export function tick(us: Micros): string {
  if (us === 0) return "0";
  if (us >= 1e6) return `${trim(us / 1e6)}${SPACE}s`;
  if (us >= 1e3) return `${trim(us / 1e3)}${SPACE}ms`;
  return `${trim(us)}${SPACE}µs`;
}

/** `48 210`, with narrow spaces. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, THOUSANDS);

/**
 * A part of a whole: `25 %`, `3.1 %`, near the whole `99.61 %`. Nothing but nothing is `0 %`, and nothing but all is
 * `100 %`.
 */
export function percent(part: number): string {
  if (part > 0 && part < 0.0005) return `< 0.1${SPACE}%`;
  const figures = part >= 0.99 ? Math.min(part * 100, part < 1 ? 99.99 : 100).toFixed(2) : (part * 100).toFixed(1);
  return `${Number(figures)}${SPACE}%`;
}

const plural = new Intl.PluralRules("en");

/** `1 span`, `8 spans`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${plural.select(n) === "one" ? one : many}`;

const WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

/** The same at the head of a sentence: `Four routers`. */
export const inWords = (n: number, one: string, many = `${one}s`): string =>
  `${WORDS[n] ?? count(n)} ${plural.select(n) === "one" ? one : many}`;

/** Round steps for an axis of about `about` ticks, from `from` to below `to`. */
export function ticks(from: number, to: number, about: number): Micros[] {
  const raw = (to - from) / Math.max(1, about);
  if (!(raw > 0)) return [];
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((k) => k * ten >= raw) ?? 10) * ten;
  const out: Micros[] = [];
  for (let i = Math.ceil(from / step); i * step < to; i++) out.push(Number((i * step).toPrecision(12)) as Micros);
  return out;
}

function threeFigures(value: number): string {
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
}

const trim = (value: number): string => String(Number(value.toPrecision(6)));

function minutes(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const [first, second] = h > 0 ? [`${h}${SPACE}h`, m && `${m}${SPACE}min`] : [`${m}${SPACE}min`, s && `${s}${SPACE}s`];
  return second ? `${first} ${second}` : first;
}
