/** Where a row's bar lies, in pixels from the left edge of the time column. */
import { type Likes, type Row } from "./rows";
import { type View, x } from "./scale";
import type { Node } from "./tree";

/** A bar is never thinner than this, so that the shortest span can be seen. */
export const THINNEST = 1.5;

export interface Bar {
  readonly left: number;
  readonly right: number;
  /** Own time, as left, right, left, right, …; the rest of the bar waits for children. */
  readonly solid: readonly number[];
  /** The end of an asynchronous span is no end that someone waited for: its start is dashed. */
  readonly dashed: boolean;
}

/** A bar wholly outside the view is null. */
export function barOf(row: Row, view: View, width: number): Bar | null {
  return row.kind === "span" ? spanBar(row.node, view, width) : likesBar(row.likes, view, width);
}

function spanBar(node: Node, view: View, width: number): Bar | null {
  const edges = clipped(node.start, node.end, view, width);
  if (!edges) return null;
  const solid: number[] = [];
  for (let i = 0; i + 1 < node.own.length; i += 2) {
    const part = clipped(node.own[i] ?? 0, node.own[i + 1] ?? 0, view, width, 1);
    if (part) solid.push(...part);
  }
  return { left: edges[0], right: edges[1], solid, dashed: node.async };
}

/** From the first start to the last end, solid where any of them ran. */
function likesBar({ nodes }: Likes, view: View, width: number): Bar | null {
  const start = nodes.reduce((least, node) => Math.min(least, node.start), Infinity);
  const end = nodes.reduce((most, node) => Math.max(most, node.end), 0);
  const edges = clipped(start, end, view, width);
  if (!edges) return null;
  const solid: number[] = [];
  for (const node of nodes) {
    const part = clipped(node.start, node.end, view, width, 1);
    const last = solid.length - 1;
    if (part && last > 0 && part[0] <= (solid[last] ?? 0)) solid[last] = Math.max(solid[last] ?? 0, part[1]);
    else if (part) solid.push(...part);
  }
  return { left: edges[0], right: edges[1], solid, dashed: false };
}

function clipped(
  from: number,
  to: number,
  view: View,
  width: number,
  thinnest = THINNEST,
): readonly [number, number] | null {
  const [left, right] = [x(view, width, from), x(view, width, to)];
  if (right < 0 || left > width) return null;
  return [Math.max(-2, left), Math.min(width + 2, Math.max(right, left + thinnest))];
}
