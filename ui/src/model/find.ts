/** Spans that hold a text: in their names, ids, tags or events. */
import { type LookUp, labelOf } from "./label";
import type { Span } from "./span";
import type { Node, Trace } from "./tree";

export function find(trace: Trace, look: LookUp, text: string): Node[] {
  const asked = text.trim().toLowerCase();
  if (!asked) return [];
  const holds = (part: string | undefined) => part !== undefined && part.toLowerCase().includes(asked);
  const inSpan = (span: Span | null) =>
    span !== null &&
    (holds(span.name) ||
      holds(span.id) ||
      holds(span.localEndpoint?.serviceName) ||
      holds(span.remoteEndpoint?.serviceName) ||
      Object.entries(span.tags ?? {}).some(([key, value]) => holds(`${key}=${value}`)) ||
      (span.annotations ?? []).some(({ value }) => holds(value)));
  return trace.nodes.filter(
    (node) => node.kind === "span" && (inSpan(node.span) || inSpan(node.joined) || holds(labelOf(node, look).alias)),
  );
}
