/** Who called whom in one trace, and how long that took. */
import type { LookUp } from "./label";
import { type Link, type ServiceMap, mapOf } from "./map";
import { micros } from "./span";
import { type Node, type Trace, durationOf, serviceOfNode } from "./tree";

/** Of a trace whose hops are folded. What goes by one short name is one service, and what it does inside is left out. */
export function traceMap({ nodes }: Trace, look: LookUp): ServiceMap {
  const spans = nodes.filter((node) => node.kind === "span" && serviceOfNode(node) !== "");
  const byAlias = Map.groupBy(spans, (node) => look(serviceOfNode(node)).alias);
  const nameOf = (node: Node): string => {
    const service = serviceOfNode(node);
    const [first] = byAlias.get(look(service).alias) ?? [];
    return first ? serviceOfNode(first) : service;
  };
  const between = Map.groupBy(
    spans.filter(({ parent }) => parent && serviceOfNode(parent) !== ""),
    (node) => JSON.stringify([node.parent && nameOf(node.parent), nameOf(node)]),
  );
  const links = [...between.values()].flatMap(([first, ...more]) =>
    first?.parent ? [linkOf(nameOf(first.parent), nameOf(first), [first, ...more])] : [],
  );
  return mapOf(
    links.filter(({ parent, child }) => parent !== child),
    look,
    new Set(spans.map(nameOf)),
  );
}

/** Of a few calls the slowest stands for the slowest hundredth too. */
function linkOf(parent: string, child: string, calls: readonly Node[]): Link {
  const times = calls.map(durationOf).toSorted((a, b) => a - b);
  const none = micros(0);
  const [p50, max] = [times[(times.length - 1) >> 1] ?? none, times.at(-1) ?? none];
  return {
    parent,
    child,
    callCount: calls.length,
    errorCount: calls.filter(({ error }) => error !== null).length,
    latency: { p50, p95: max, p99: max, max },
  };
}
