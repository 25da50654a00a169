/** Durations over time: how many traces took how long when, and the box that a person draws around some. */
import { type Search } from "./search";
import { type Micros, micros } from "./span";
import type { Summary } from "./summary";

export const COLUMNS = 90;
export const ROWS = 27;
/** Steps of the colours. */
const LEVELS = 8;
/** The shortest and the longest duration of the axis are at least this factor apart. */
const LEAST_RATIO = 10;
/** Microseconds before the first and behind the last. */
const LEAST_AIR = 500_000;

/** Where a trace is on the picture. */
type Point = Pick<Summary, "start" | "duration" | "error">;

/** What the picture covers: from left to right, and from the bottom up. */
export interface Extent {
  readonly from: Micros;
  readonly to: Micros;
  readonly shortest: Micros;
  readonly longest: Micros;
}

export interface Heatmap extends Extent {
  /** By row from the bottom, then by column. */
  readonly counts: readonly number[];
  /** Traces with an error, by column. */
  readonly errors: readonly number[];
  /** The most in a cell. */
  readonly most: number;
}

/** A part of the picture: both ends belong to it. */
export type Box = Extent;

/** Null where nothing was found. */
export function heatmapOf(points: readonly Point[]): Heatmap | null {
  if (points.length === 0) return null;
  const extent: Extent = { ...momentsOf(points), ...durationsOf(points) };
  const counts = Array.from({ length: COLUMNS * ROWS }, () => 0);
  const errors = Array.from({ length: COLUMNS }, () => 0);
  for (const point of points) {
    const column = cell(across(extent, point.start), COLUMNS);
    const at = cell(up(extent, point.duration), ROWS) * COLUMNS + column;
    counts[at] = (counts[at] ?? 0) + 1;
    if (point.error) errors[column] = (errors[column] ?? 0) + 1;
  }
  return { ...extent, counts, errors, most: counts.reduce((a, b) => Math.max(a, b), 1) };
}

/** A little air at both ends. */
function momentsOf(points: readonly Point[]): Pick<Extent, "from" | "to"> {
  const first = points.reduce((least, { start }) => Math.min(least, start), Infinity);
  const last = points.reduce((most, { start }) => Math.max(most, start), 0);
  const air = Math.round(Math.max(LEAST_AIR, (last - first) * 0.02));
  return { from: micros(first - air), to: micros(last + air) };
}

/** The same; and never so little between them that noise fills the picture. */
function durationsOf(points: readonly Point[]): Pick<Extent, "shortest" | "longest"> {
  const shortest = points.reduce((least, { duration }) => Math.min(least, Math.max(1, duration)), Infinity);
  const longest = points.reduce((most, { duration }) => Math.max(most, duration), 1);
  const middle = Math.sqrt(shortest * longest);
  const reach = Math.max(Math.sqrt(longest / shortest) * 1.1, Math.sqrt(LEAST_RATIO));
  return { shortest: micros(middle / reach), longest: micros(middle * reach) };
}

/** 0 at the left edge, 1 at the right. */
export const across = ({ from, to }: Extent, moment: number): number => (moment - from) / Math.max(1, to - from);
/** 0 at the bottom, 1 at the top; durations are logarithmic. */
export const up = ({ shortest, longest }: Extent, duration: number): number =>
  Math.log(Math.max(1, duration) / shortest) / Math.log(longest / shortest);

const cell = (share: number, cells: number): number => Math.max(0, Math.min(cells - 1, Math.floor(share * cells)));

/** The moment and the duration at a place of the picture, both from 0 to 1. */
export const placeAt = (extent: Extent, x: number, y: number): readonly [Micros, Micros] => [
  micros(Math.round(extent.from + clamp(x) * (extent.to - extent.from))),
  micros(Math.round(extent.shortest * (extent.longest / extent.shortest) ** clamp(y))),
];

const clamp = (share: number): number => Math.max(0, Math.min(1, share));

/** 1 to 8 by the logarithm of the count; one alone can still be seen. */
export const levelOf = (count: number, most: number): number =>
  most <= 1 ? LEVELS / 2 : Math.round(2 + ((LEVELS - 2) * Math.log(count)) / Math.log(most));

/** Round durations for the axis, from the shortest: one, two and five of each ten. */
export function durationTicks({ shortest, longest }: Extent): Micros[] {
  const ticks: Micros[] = [];
  for (let ten = 10 ** Math.floor(Math.log10(shortest)); ten <= longest; ten *= 10)
    for (const step of [1, 2, 5]) {
      const tick = step * ten;
      if (tick >= Math.max(1, shortest) && tick <= longest) ticks.push(micros(tick));
    }
  return ticks.length > 8 ? ticks.filter((tick) => Number.isInteger(Math.log10(tick))) : ticks;
}

export const isIn = ({ from, to, shortest, longest }: Box, { start, duration }: Point): boolean =>
  from <= start && start <= to && shortest <= duration && duration <= longest;

/** The box around two corners, in any order. */
export const boxOf = (extent: Extent, a: readonly [number, number], b: readonly [number, number]): Box => {
  const [one, other] = [placeAt(extent, ...a), placeAt(extent, ...b)];
  return {
    from: micros(Math.min(one[0], other[0])),
    to: micros(Math.max(one[0], other[0])),
    shortest: micros(Math.min(one[1], other[1])),
    longest: micros(Math.max(one[1], other[1])),
  };
};

/** By a cell each: moved, or grown at its right and its top. */
export function nudged(extent: Extent, box: Box, [right, higher]: readonly [number, number], grow: boolean): Box {
  const low = [across(extent, box.from), up(extent, box.shortest)] as const;
  const high = [across(extent, box.to), up(extent, box.longest)] as const;
  const by = [right / COLUMNS, higher / ROWS] as const;
  const moved = (corner: readonly [number, number]): readonly [number, number] => [
    corner[0] + by[0],
    corner[1] + by[1],
  ];
  return boxOf(extent, grow ? low : moved(low), moved(high));
}

/** The middle third of the picture. */
export const middleBox = (extent: Extent): Box => boxOf(extent, [1 / 3, 1 / 3], [2 / 3, 2 / 3]);

/** As the address has it: start, end, shortest and longest, in microseconds. */
export const writeBox = ({ from, to, shortest, longest }: Box): string => [from, to, shortest, longest].join(",");

export function readBox(text: string | null): Box | null {
  const parts = (text ?? "").split(",").map((part) => (/^\d+$/.test(part) ? Number(part) : NaN));
  const [from = NaN, to = NaN, shortest = NaN, longest = NaN] = parts;
  if (parts.length !== 4 || !(from <= to) || !(shortest <= longest)) return null;
  return { from: micros(from), to: micros(to), shortest: micros(shortest), longest: micros(longest) };
}

/** A search for what is in the box: the window is in whole milliseconds, so it reaches as far. */
export function narrowedTo(search: Search, { from, to, shortest, longest }: Box): Search {
  const until = Math.ceil(to / 1000) + 1;
  return {
    ...search,
    until,
    lookback: until - Math.floor(from / 1000),
    least: `${Math.max(1, shortest)}us`,
    most: `${longest}us`,
  };
}
