/** A trace with each hop through the mesh folded into the call that it carried. */
import { type LookUp, labelOf } from "./label";
import type { Draft, Node, Trace } from "./tree";

/**
 * Spans of the mesh are left out where a call stands below them, which takes their place and tells when they began and
 * ended; a hop that reached nothing stays, as one row. Linear, and never recursive.
 */
export function callsOf(trace: Trace, look: LookUp): Trace {
  const { nodes } = trace;
  const folded = hopsIn(nodes, look);
  /** Of a span that folds away what stands above it. */
  const made = new Map<Node, Draft | null>();
  const roots: Draft[] = [];
  const kept: Draft[] = [];
  // parents stand before their children, so the one above is there already
  for (const node of nodes) {
    const above = (node.parent && made.get(node.parent)) ?? null;
    if (folded.has(node)) {
      made.set(node, above);
      continue;
    }
    const hop = hopAround(node, folded);
    const outermost = hop.at(-1);
    const fault = hop.find(({ errorBegan }) => errorBegan);
    const draft: Draft = {
      ...node,
      parent: above,
      children: [],
      depth: above ? above.depth + 1 : 0,
      size: 1,
      carried: outermost ? [outermost.start, outermost.end] : null,
      error: fault?.error ?? node.error,
      errorBegan: fault !== undefined || node.errorBegan,
    };
    made.set(node, draft);
    kept.push(draft);
    (above ? above.children : roots).push(draft);
  }
  for (const draft of kept.toReversed()) if (draft.parent) draft.parent.size += draft.size;
  return { ...trace, roots, nodes: kept };
}

/**
 * The spans that fold away: those of the mesh above a call, and those below the first of a hop that reached none. Where an
 * error began among several tries it stays, for no try could tell it.
 */
function hopsIn(nodes: readonly Node[], look: LookUp): ReadonlySet<Node> {
  const isMesh = new Set(nodes.filter((node) => node.kind === "span" && labelOf(node, look).mesh));
  const leads = new Set<Node>();
  for (const node of nodes.toReversed())
    if (node.parent && (!isMesh.has(node) || leads.has(node))) leads.add(node.parent);
  const below = ({ parent }: Node) => parent !== null && isMesh.has(parent) && !leads.has(parent);
  return new Set([...isMesh].filter((node) => (leads.has(node) ? tells(node) : below(node))));
}

/** Whether the call below can tell what there is to tell. */
const tells = ({ errorBegan, children }: Node): boolean => !errorBegan || children.length === 1;

/** What folds into this call alone, from the inside out. */
function hopAround(node: Node, folded: ReadonlySet<Node>): Node[] {
  const hop: Node[] = [];
  for (let above = node.parent; above && folded.has(above) && above.children.length === 1; above = above.parent)
    hop.push(above);
  return hop;
}
