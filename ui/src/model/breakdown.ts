/** The calls of a trace, summed by service and operation. */
import { type Label, type LookUp, labelOf } from "./label";
import { type Micros, micros } from "./span";
import { type Trace, durationOf, ownTime } from "./tree";

export interface Part {
  readonly key: string;
  readonly label: Label;
  readonly calls: number;
  /** Of all calls; of those at the same time each counts. */
  readonly total: Micros;
  /** Own time. */
  readonly own: Micros;
  readonly longest: Micros;
  readonly errors: number;
}

export type PartKey = "calls" | "total" | "own" | "longest" | "errors";
export const PART_KEYS: readonly PartKey[] = ["calls", "total", "own", "longest", "errors"];

/** The most of `by` first. */
export function partsOf({ nodes }: Trace, look: LookUp, by: PartKey): Part[] {
  const parts = new Map<string, { -readonly [K in keyof Part]: Part[K] }>();
  for (const node of nodes) {
    if (node.kind === "missing") continue;
    const label = labelOf(node, look);
    const key = JSON.stringify([label.service, label.operation]);
    const none = micros(0);
    const part = parts.get(key) ?? { key, label, calls: 0, total: none, own: none, longest: none, errors: 0 };
    parts.set(key, part);
    const took = durationOf(node);
    part.calls += 1;
    part.total = micros(part.total + took);
    part.own = micros(part.own + ownTime(node));
    part.longest = micros(Math.max(part.longest, took));
    part.errors += node.error === null ? 0 : 1;
  }
  return [...parts.values()].toSorted((a, b) => b[by] - a[by] || b.own - a.own || a.key.localeCompare(b.key));
}
