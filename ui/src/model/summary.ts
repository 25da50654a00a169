/** One line of the results: what a trace was, how long it took, and whether it failed. */
import { type LookUp, labelOf, type Label } from "./label";
import { type Micros, type Span, micros } from "./span";
import { type Node, buildTree, durationOf, rootOf, serviceOfNode } from "./tree";

export interface Summary {
  readonly id: string;
  readonly start: Micros;
  /** Of the root; of the whole when the root never arrived. */
  readonly duration: Micros;
  readonly label: Label;
  readonly error: ErrorSummary | null;
  /** Raw names in the order of their first appearance, without routers. */
  readonly services: readonly string[];
  /** As the trace page counts them: the two sides of a shared id are one. */
  readonly spans: number;
}

export interface ErrorSummary {
  /** The status or the word. */
  readonly word: string;
  /** Alias of the service where it began. */
  readonly where: string;
  /** The root failed too. */
  readonly seenByCaller: boolean;
}

export type Sort = "newest" | "slowest" | "errors";

/** Null for a trace without spans. */
export function summarise(spans: readonly Span[], look: LookUp): Summary | null {
  const trace = buildTree(spans);
  const root = rootOf(trace);
  if (!root) return null;
  const spanNodes = trace.nodes.filter((node) => node.kind === "span");
  const services = new Set(spanNodes.map(serviceOfNode));
  return {
    id: trace.id,
    start: micros(trace.start + root.start),
    spans: spanNodes.length,
    duration: trace.missing > 0 ? trace.extent : durationOf(root),
    label: requestLabel(root, look),
    error: errorSummary(trace.nodes, root, look),
    services: [...services].filter((service) => service && look(service).mark.kind !== "router"),
  };
}

/** The first application on the way in names a request; the router before it only passed it on. */
export function requestLabel(root: Node, look: LookUp): Label {
  let at = root;
  for (let label = labelOf(at, look); label.mesh; label = labelOf(at, look)) {
    const [only] = at.children;
    if (!only || at.children.length > 1) break;
    at = only;
  }
  const label = labelOf(at, look);
  return label.mesh ? labelOf(root, look) : label;
}

/** Where errors began and whether the root saw them; null when none did. */
export function errorSummary(nodes: readonly Node[], root: Node, look: LookUp): ErrorSummary | null {
  const began = nodes.find((node) => node.errorBegan);
  if (!began?.error) return null;
  return { word: began.error, where: labelOf(began, look).alias, seenByCaller: root.error !== null };
}

export function sorted(summaries: readonly Summary[], sort: Sort): Summary[] {
  const rank = (summary: Summary) => (summary.error ? (summary.error.seenByCaller ? 2 : 1) : 0);
  const newest = (a: Summary, b: Summary) => b.start - a.start;
  const by: Record<Sort, (a: Summary, b: Summary) => number> = {
    newest,
    slowest: (a, b) => b.duration - a.duration || newest(a, b),
    errors: (a, b) => rank(b) - rank(a) || newest(a, b),
  };
  return summaries.toSorted(by[sort]);
}
