/** A trace as a tree: every span in its place, with its times relative to the start of the trace. */
import { faultOf } from "./errors";
import { gaps } from "./owntime";
import { type Sides, sidesOf } from "./sides";
import { type Micros, type Span, micros, serviceOf } from "./span";

/** One row of the tree: a span, or the place where spans hang whose parent never arrived. */
export interface Node {
  readonly kind: "span" | "missing";
  /** Unique in the trace and the same after a reload: the span id, with `~2` where ids collide. */
  readonly key: string;
  /** The side that made the id. */
  readonly span: Span;
  /** The server that joined the same id; its bar is drawn inside this one's. */
  readonly joined: Span | null;
  readonly parent: Node | null;
  /** By start. */
  readonly children: readonly Node[];
  readonly depth: number;
  /** From the start of the trace. A span without a timestamp starts with its parent. */
  readonly start: Micros;
  readonly end: Micros;
  /** The parts of the span that no synchronous child covers, as from, to, from, to, … */
  readonly own: readonly number[];
  /** The status or the word for what went wrong; null when nothing did. */
  readonly error: string | null;
  /** The error is not that of a child. */
  readonly errorBegan: boolean;
  /** Starts on its own time: a consumer, or a child that starts after its parent's end. */
  readonly async: boolean;
  /** How much later than reported it stands, since clocks were apart; of a shared id the server. 0: as reported. */
  readonly moved: Micros;
  /** This span and all below. */
  readonly size: number;
  /** Where hops are folded: from when to when the mesh carried this call. Null where nothing is folded into it. */
  readonly carried: readonly [Micros, Micros] | null;
}

export interface Trace {
  readonly id: string;
  /** Start of the earliest span, epoch microseconds; 0 when no span has a time. */
  readonly start: Micros;
  /** From the first start to the last end. */
  readonly extent: Micros;
  readonly roots: readonly Node[];
  /** Pre-order: a parent stands before its children, and `size` skips what is below it. */
  readonly nodes: readonly Node[];
  /** Spans as they were reported, for the raw JSON. */
  readonly spans: readonly Span[];
  /** How many spans name a parent that never arrived. */
  readonly missing: number;
}

/** A node that is still being placed. */
export type Draft = { -readonly [K in keyof Omit<Node, "parent" | "children">]: Node[K] } & {
  parent: Draft | null;
  children: Draft[];
};

export const buildTree = (spans: readonly Span[]): Trace => grow(sidesOf(spans), spans);

/**
 * The tree of `sides`, which are `spans` tidied; `moved` says which of them were moved to set clocks right, and by how much.
 * Linear in the number of spans but for sorting siblings; never recursive, so depth has no limit.
 */
export function grow(
  sides: readonly Sides[],
  spans: readonly Span[],
  moved: ReadonlyMap<Span, Micros> = new Map(),
): Trace {
  const drafts = draftAll(sides);
  const start = [...drafts.values()].flat().reduce((least, node) => Math.min(least, earliest(node)), Infinity);
  const zero = Number.isFinite(start) ? start : 0;
  const { roots, missing } = link(drafts);
  for (const node of [...drafts.values()].flat()) node.moved = moved.get(node.joined ?? node.span) ?? micros(0);
  const nodes = preorder(roots, zero);
  measure(nodes);
  return {
    id: longestId(spans),
    start: micros(zero),
    extent: micros(nodes.reduce((most, node) => Math.max(most, node.end), 0)),
    roots,
    nodes,
    spans,
    missing,
  };
}

/** The service whose row this is: of a shared id the server's, since it did the work. */
export const serviceOfNode = (node: Node): string => serviceOf(node.joined ?? node.span);

/** The first row of the trace that is a span; undefined for a trace without spans. */
export const rootOf = (trace: Trace): Node | undefined => trace.nodes.find((node) => node.kind === "span");

export const durationOf = (node: Node): Micros => micros(node.end - node.start);

export function ownTime(node: Node): Micros {
  let sum = 0;
  for (let i = 0; i + 1 < node.own.length; i += 2) sum += (node.own[i + 1] ?? 0) - (node.own[i] ?? 0);
  return micros(sum);
}

function draft(span: Span, key: string, joined: Span | null = null, parent: Draft | null = null): Draft {
  return {
    kind: "span",
    key,
    span,
    joined,
    parent,
    children: [],
    depth: 0,
    start: micros(0),
    end: micros(0),
    own: [],
    error: faultOf(joined) ?? faultOf(span),
    errorBegan: false,
    async: false,
    moved: micros(0),
    size: 1,
    carried: null,
  };
}

/** One draft per row, in the order of the reports, by span id. */
function draftAll(sides: readonly Sides[]): Map<string, Draft[]> {
  return new Map(
    sides.map(({ made, joined: [first = null, ...more], rivals }) => {
      const main = draft(made, made.id, first);
      const others = [
        ...more.map((span, i) => draft(span, `${made.id}~${i + 2}`, null, main)),
        ...rivals.map((span, i) => draft(span, `${made.id}~${more.length + i + 2}`)),
      ];
      return [made.id, [main, ...others]];
    }),
  );
}

/** Hangs each draft under its parent and finds the roots; those without a place go under "missing". */
function link(byId: ReadonlyMap<string, readonly Draft[]>): { roots: Draft[]; missing: number } {
  const all = [...byId.values()].flat();
  const roots: Draft[] = [];
  const lost: Draft[] = [];
  for (const node of all) {
    const parentId = parentIdOf(node);
    if (!node.parent && parentId) node.parent = parentAmong(byId.get(parentId), node);
    if (node.parent) node.parent.children.push(node);
    else (parentId ? lost : roots).push(node);
  }
  lost.push(...cutCycles(all, [...roots, ...lost]));
  if (lost.length > 0) roots.push(missingRow(lost));
  return { roots, missing: lost.length };
}

/** A span that names itself has no parent (zipkin2 Span). */
function parentIdOf({ span, joined }: Draft): string | undefined {
  const parentId = span.parentId ?? joined?.parentId;
  return parentId === span.id ? undefined : parentId;
}

/** Of several rows with the parent's id, the one that reported from the same service. */
function parentAmong(candidates: readonly Draft[] | undefined, child: Draft): Draft | null {
  if (!candidates) return null;
  const service = serviceOf(child.span);
  const same = (node: Draft) => serviceOf(node.joined ?? node.span) === service;
  return candidates.find(same) ?? candidates[0] ?? null;
}

/** Spans that are each other's ancestors: each ring is opened at its first span, which counts as lost. */
function cutCycles(all: readonly Draft[], tops: readonly Draft[]): Draft[] {
  const reached = new Set<Draft>();
  const reach = (top: Draft) => {
    const stack = [top];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      stack.push(...node.children);
    }
  };
  tops.forEach(reach);
  const opened: Draft[] = [];
  for (const node of all) {
    if (reached.has(node)) continue;
    if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node);
    node.parent = null;
    opened.push(node);
    reach(node);
  }
  return opened;
}

function missingRow(lost: Draft[]): Draft {
  const row = draft({ traceId: lost[0]?.span.traceId ?? "", id: "missing", name: "missing" }, "missing");
  row.kind = "missing";
  row.children = lost;
  for (const node of lost) node.parent = row;
  return row;
}

/** Lays the tree out in rows, top down, giving each its depth and times. Siblings stand by start. */
function preorder(roots: Draft[], zero: number): Draft[] {
  const nodes: Draft[] = [];
  const byStart = (a: Draft, b: Draft) => startOf(a) - startOf(b);
  const stack = roots.toReversed();
  for (let node = stack.pop(); node; node = stack.pop()) {
    const { parent, span, joined } = node;
    const startAt = startOf(node);
    node.depth = parent ? parent.depth + 1 : 0;
    node.start = micros(startAt > 0 ? startAt - zero : (parent?.start ?? 0));
    node.end = micros(node.start + (span.duration ?? joined?.duration ?? 0));
    node.async = parent?.kind === "span" && (kindOf(node) === "CONSUMER" || node.start > parent.end);
    nodes.push(node);
    node.children.sort(byStart);
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i] as Draft);
  }
  return nodes;
}

const earliest = ({ span, joined }: Draft): number =>
  Math.min(span.timestamp ?? Infinity, joined?.timestamp ?? Infinity);

const startOf = (node: Draft): number =>
  node.kind === "missing"
    ? node.children.reduce((least, child) => Math.min(least, startOf(child)), Infinity)
    : (node.span.timestamp ?? node.joined?.timestamp ?? 0);

const kindOf = (node: Node | Draft) => (node.joined ?? node.span).kind;

/** Bottom up: sizes, own time, and where errors began. */
function measure(nodes: readonly Draft[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Draft;
    if (node.kind === "missing") node.end = lastEnd(node);
    else node.own = ownParts(node);
    node.errorBegan = node.error !== null && !node.children.some((child) => child.error !== null);
    if (node.parent) node.parent.size += node.size;
  }
}

const lastEnd = (row: Draft): Micros =>
  micros(row.children.reduce((most, child) => Math.max(most, child.end), row.start as number));

/** Where the server has a bar of its own inside the client's, own time is what the server spent. */
function ownParts(node: Draft): number[] {
  const { joined, span, start, end } = node;
  const covering = node.children.filter((child) => !child.async);
  if (!joined?.duration || !joined.timestamp || !span.timestamp) return gaps(start, end, covering);
  const from = start + joined.timestamp - span.timestamp;
  return gaps(from, from + joined.duration, covering);
}

/** Mixed lengths are one trace: the longer id names it. */
const longestId = (spans: readonly Span[]): string =>
  spans.reduce((id, span) => (span.traceId.length > id.length ? span.traceId : id), "");
