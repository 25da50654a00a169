/** What the address says of a trace: which drawing, which rows, which stretch, which span. */
import { useMemo } from "preact/hooks";
import { type Row, rowOf } from "../model/rows";
import { type View, between, same, whole } from "../model/scale";
import type { Trace } from "../model/tree";
import { change, params, step } from "./place";

/** In the order of their keys. */
export const TABS = ["waterfall", "flame", "table", "tree", "map"] as const;
export type Tab = (typeof TABS)[number];

const ROWS: Readonly<Record<string, boolean>> = { calls: true, spans: false };

export interface Place {
  readonly tab: Tab;
  /** Whether hops through the mesh are folded into the calls that they carried; null where the address does not say. */
  readonly calls: boolean | null;
  readonly folds: ReadonlySet<string>;
  readonly view: View;
  /** The whole. */
  readonly limits: View;
  /** Key of the chosen span. */
  readonly span: string;
  readonly sought: string;
  /** The id of the trace that it is compared with; empty for none. */
  readonly other: string;
}

export function usePlace(trace: Trace): Place {
  const query = params.value;
  const [fold, from, to, tab] = [query.get("fold") ?? "", query.get("from"), query.get("to"), query.get("tab")];
  const folds = useMemo(() => new Set(fold.split(",").filter(Boolean)), [fold]);
  const limits = useMemo(() => whole(trace.extent), [trace.extent]);
  const view = useMemo(() => {
    const [a, b] = [Number(from ?? NaN), Number(to ?? NaN)];
    return a < b ? between(a, b, limits) : limits;
  }, [from, to, limits]);
  return {
    tab: TABS.find((known) => known === tab) ?? "waterfall",
    calls: ROWS[query.get("rows") ?? ""] ?? null,
    folds,
    view,
    limits,
    span: query.get("span") ?? "",
    sought: query.get("find") ?? "",
    other: query.get("with") ?? "",
  };
}

export const setTab = (tab: Tab) => step({ tab: tab === "waterfall" ? null : tab });
export const setFolds = (folds: ReadonlySet<string>) => change({ fold: [...folds].join(",") });

/** The whole needs no parameters. */
export const viewParams = (view: View, limits: View) =>
  same(view, limits)
    ? { from: null, to: null }
    : { from: String(Math.round(view.from)), to: String(Math.round(view.to)) };

/** The row of that key, or the one in which it is folded away; the first when there is none. */
export function rowNamed(trace: Trace, rows: readonly Row[], key: string): Row | undefined {
  const there = rows.find((row) => row.key === key);
  if (there) return there;
  const hidden = trace.nodes.find((node) => node.key === key);
  return (hidden && rows[rowOf(rows, hidden)]) ?? rows[0];
}

/** Shows calls or spans; a chosen span of the mesh gives way to the call that it carried. */
export function setCalls(on: boolean, trace: Trace, calls: Trace, span: string): void {
  const at = trace.nodes.findIndex(({ key }) => key === span);
  const size = trace.nodes[at]?.size ?? 0;
  const below = new Set(trace.nodes.slice(at, at + size).map(({ key }) => key));
  const carried = on ? calls.nodes.find(({ key }) => below.has(key)) : undefined;
  step({ rows: on ? "calls" : "spans", ...(carried && { span: carried.key }) });
}
