/** A trace as archives take it. */
import type { Span } from "./span";

/** Says that a trace was kept on purpose; Zipkin's pages write it too. */
const ARCHIVED = { "zipkin.archived": "true" };

/** The spans as they were reported, the root marked as archived. */
export const forArchive = (spans: readonly Span[], rootId: string): Span[] =>
  spans.map((span) => (span.id === rootId ? { ...span, tags: { ...span.tags, ...ARCHIVED } } : span));
