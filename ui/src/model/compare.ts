/** Two traces beside each other, aligned by their shape. */
import { type LookUp, labelOf } from "./label";
import { counted, duration } from "./numbers";
import { micros } from "./span";
import { type Node, type Trace, durationOf, rootOf } from "./tree";

/** A row: a call of both, or of one of them. */
export type Pair = { readonly key: string; readonly depth: number } & (
  | { readonly here: Node; readonly there: Node }
  | { readonly here: Node; readonly there: null }
  | { readonly here: null; readonly there: Node }
);

/** Top down. Under a call of both, calls by the same service, operation and kind belong together, the first to the first. */
export function aligned(here: Trace, there: Trace, look: LookUp): Pair[] {
  const pairs: Pair[] = [];
  const stack = together(here.roots, there.roots, 0, look).toReversed();
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    pairs.push(pair);
    const below = together(pair.here?.children ?? [], pair.there?.children ?? [], pair.depth + 1, look);
    stack.push(...below.toReversed());
  }
  return pairs;
}

/** In the order of those here; what is only there stands behind what it follows there. */
function together(here: readonly Node[], there: readonly Node[], depth: number, look: LookUp): Pair[] {
  const waiting = Map.groupBy(there.toReversed(), (node) => shapeOf(node, look));
  const partner = new Map<Node, Node>();
  for (const node of here) {
    const other = waiting.get(shapeOf(node, look))?.pop();
    if (other) partner.set(node, other);
  }
  const taken = new Set(partner.values());
  let last: Node | null = null;
  const behind = Map.groupBy(there, (node) => {
    if (taken.has(node)) last = node;
    return last;
  });
  const onlyThere = (after: Node | null): Pair[] =>
    (behind.get(after) ?? [])
      .filter((node) => !taken.has(node))
      .map((node) => ({ key: `-${node.key}`, depth, here: null, there: node }));
  return [
    ...onlyThere(null),
    ...here.flatMap((node): Pair[] => {
      const other = partner.get(node) ?? null;
      return [{ key: node.key, depth, here: node, there: other }, ...(other ? onlyThere(other) : [])];
    }),
  ];
}

const shapeOf = (node: Node, look: LookUp): string => {
  const { alias, operation } = labelOf(node, look);
  return JSON.stringify([node.kind, alias, operation, node.span.kind]);
};

/** Longer here is more than nothing; null where only one of them has the call. */
export const differenceOf = ({ here, there }: Pair): number | null =>
  here && there ? durationOf(here) - durationOf(there) : null;

/** `+388 ms`, `−1.2 ms`; what rounds to nothing is `same`. */
export function signed(us: number): string {
  const text = duration(micros(Math.abs(us)));
  return Math.round(us) === 0 ? "same" : `${us > 0 ? "+" : "−"}${text}`;
}

/** What the other trace says about this one. */
export function comparison(here: Trace, there: Trace, pairs: readonly Pair[]): string {
  const [a, b] = [tookOf(here), tookOf(there)];
  const apart = Math.round(a - b);
  const than = apart === 0 ? "as long as" : `${duration(micros(Math.abs(apart)))} ${apart > 0 ? "more" : "less"} than`;
  const onlyHere = pairs.filter((pair) => pair.there === null).length;
  const onlyThere = pairs.filter((pair) => pair.here === null).length;
  const shape = [
    onlyHere > 0 ? `${counted(onlyHere, "span")} only here` : "",
    onlyThere > 0 ? `${counted(onlyThere, "span")} only there` : "",
  ].filter(Boolean);
  const end = shape.length > 0 ? `${shape.join(", ")}.` : "Both have the same shape.";
  return `${duration(micros(a))}, ${than} the other trace (${duration(micros(b))}). ${end}`;
}

const tookOf = (trace: Trace): number => {
  const root = rootOf(trace);
  return root && trace.missing === 0 ? durationOf(root) : trace.extent;
};
