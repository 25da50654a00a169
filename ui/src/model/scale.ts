/** The stretch of time in view, and where a moment is on it. */

/** Microseconds from the start of the trace; `from` is less than `to`. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** Nothing shorter can be zoomed to: stored times are whole microseconds. */
const SHORTEST = 10;

/** A little air after the last end, so that it is seen to be one. */
export const whole = (extent: number): View => ({ from: 0, to: Math.max(1, extent) * 1.02 });

export const x = (view: View, width: number, at: number): number => ((at - view.from) / (view.to - view.from)) * width;

export const at = (view: View, width: number, px: number): number =>
  view.from + (px / Math.max(1, width)) * (view.to - view.from);

/** `factor` below 1 shows less; the moment `fixed` stays where it is. */
export function zoom(view: View, limits: View, factor: number, fixed: number): View {
  const length = clamp((view.to - view.from) * factor, SHORTEST, limits.to - limits.from);
  const share = (fixed - view.from) / (view.to - view.from);
  return within({ from: fixed - share * length, to: fixed + (1 - share) * length }, limits);
}

/** By a share of what is in view. */
export function pan(view: View, limits: View, share: number): View {
  const by = (view.to - view.from) * share;
  return within({ from: view.from + by, to: view.to + by }, limits);
}

/** Two moments in any order, at least the shortest view apart. */
export function between(a: number, b: number, limits: View): View {
  const [from, to] = a < b ? [a, b] : [b, a];
  const spare = Math.max(0, SHORTEST - (to - from)) / 2;
  return within({ from: from - spare, to: to + spare }, limits);
}

export const same = (a: View, b: View): boolean => Math.abs(a.from - b.from) < 0.5 && Math.abs(a.to - b.to) < 0.5;

function within(view: View, limits: View): View {
  const length = Math.min(view.to - view.from, limits.to - limits.from);
  const from = clamp(view.from, limits.from, limits.to - length);
  return { from, to: from + length };
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));
