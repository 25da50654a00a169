/** Own time: what no interval inside covers. */

export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The parts of [from, to] that none of the intervals, sorted by start, covers: from, to, from, to, … */
export function gaps(from: number, to: number, intervals: readonly Interval[]): number[] {
  const out: number[] = [];
  let at = from;
  for (const { start, end } of intervals) {
    if (start >= to) break;
    if (start > at) out.push(at, start);
    at = Math.max(at, end);
  }
  if (at < to) out.push(at, to);
  return out;
}
