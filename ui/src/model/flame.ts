/** A flame graph: time from left to right, callers above what they call. */
import type { Node, Trace } from "./tree";

export interface Flame {
  /** The row of each node, as they stand in the trace. */
  readonly lanes: readonly number[];
  readonly rows: number;
}

/** More rows than these nobody scrolls through: what is deeper shares the last. */
export const MOST_ROWS = 400;

/** Each below its caller, in the highest row that is free while it lasts. */
export function flameOf({ nodes }: Trace): Flame {
  const lanes: number[] = [];
  const at = new Map<Node, number>();
  const free: number[] = [];
  let rows = 0;
  for (const node of nodes) {
    let lane = node.parent ? (at.get(node.parent) ?? 0) + 1 : 0;
    while (lane < MOST_ROWS - 1 && (free[lane] ?? 0) > node.start) lane += 1;
    lane = Math.min(lane, MOST_ROWS - 1);
    free[lane] = Math.max(free[lane] ?? 0, node.end);
    at.set(node, lane);
    lanes.push(lane);
    rows = Math.max(rows, lane + 1);
  }
  return { lanes, rows };
}

/** The deepest node there; null where none is. */
export function nodeAt({ nodes }: Trace, { lanes }: Flame, lane: number, time: number, slack: number): Node | null {
  let best: Node | null = null;
  for (const [i, node] of nodes.entries())
    if (lanes[i] === lane && node.start - slack <= time && time <= node.end + slack) {
      const nearer = best === null || Math.abs(mid(node) - time) < Math.abs(mid(best) - time);
      if (nearer) best = node;
    }
  return best;
}

const mid = ({ start, end }: Node): number => (start + end) / 2;
