/** Which rows of the tree are visible. */
import { type Micros, micros } from "./span";
import { type Node, durationOf, serviceOfNode } from "./tree";

/** More than this many like siblings fold into one row. */
export const LIKES = 50;

export type Row =
  | {
      readonly kind: "span";
      readonly key: string;
      readonly depth: number;
      readonly node: Node;
      readonly folded: boolean;
    }
  | {
      readonly kind: "likes";
      readonly key: string;
      readonly depth: number;
      readonly likes: Likes;
      readonly folded: boolean;
    };

/** Siblings of the same service, operation and kind. */
export interface Likes {
  readonly key: string;
  readonly nodes: readonly Node[];
  readonly shortest: Micros;
  readonly longest: Micros;
  readonly total: Micros;
}

/** `key`: that row is not as it is by default. `key*`: all rows below it are folded by default. */
export type Folds = ReadonlySet<string>;

/** Top down. Spans are open and likes are folded unless `folds` says otherwise. Takes no longer than there are rows. */
export function rowsOf(roots: readonly Node[], folds: Folds): Row[] {
  const rows: Row[] = [];
  const stack = grouped(null, roots)
    .toReversed()
    .map((item) => ({ item, depth: 0, closed: false }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { item, depth, closed } = next;
    const toggled = folds.has(item.key);
    const below = closed || folds.has(`${item.key}*`);
    let children: readonly (Node | Likes)[];
    if ("nodes" in item) {
      rows.push({ kind: "likes", key: item.key, depth, likes: item, folded: !toggled });
      children = toggled ? item.nodes : [];
    } else {
      const folded = item.children.length > 0 && toggled !== closed;
      rows.push({ kind: "span", key: item.key, depth, node: item, folded });
      children = folded ? [] : grouped(item, item.children);
    }
    for (let i = children.length - 1; i >= 0; i--)
      stack.push({ item: children[i] as Node | Likes, depth: depth + 1, closed: below });
  }
  return rows;
}

/** The row that a node is on, or is hidden in: itself, or the nearest row above it. -1 when there is none. */
export function rowOf(rows: readonly Row[], node: Node): number {
  const at = new Map<Node, number>();
  rows.forEach((row, i) => {
    if (row.kind === "span") at.set(row.node, i);
    else for (const like of row.likes.nodes) if (!at.has(like)) at.set(like, i);
  });
  for (let above: Node | null = node; above; above = above.parent) {
    const found = at.get(above);
    if (found !== undefined) return found;
  }
  return -1;
}

export const foldable = (row: Row): boolean => row.kind === "likes" || row.node.children.length > 0;

/** The folds after opening or closing one row. */
export function toggle(folds: Folds, key: string): Set<string> {
  const after = new Set(folds);
  if (!after.delete(key)) after.add(key);
  return after;
}

/** Opens all that hides a node, and nothing else. */
export function reveal(roots: readonly Node[], folds: Folds, node: Node): Set<string> {
  const after = new Set(folds);
  const flip = (key: string) => after.delete(key) || after.add(key);
  let closed = false;
  for (const [above, child] of steps(node)) {
    if (above && after.has(above.key) !== closed) flip(above.key);
    closed ||= above !== null && after.has(`${above.key}*`);
    for (const item of grouped(above, above ? above.children : roots)) {
      if ("nodes" in item && item.nodes.includes(child) && !after.has(item.key)) flip(item.key);
    }
  }
  return after;
}

/** From the top down to the node: each parent (null above the roots) with the child that leads there. */
function steps(node: Node): (readonly [Node | null, Node])[] {
  const path: (readonly [Node | null, Node])[] = [];
  for (let child: Node | null = node; child; child = child.parent) path.unshift([child.parent, child]);
  return path;
}

/** The node a row speaks of: of likes, the first. */
export const nodeOf = (row: Row): Node | undefined => (row.kind === "span" ? row.node : row.likes.nodes[0]);

function grouped(parent: Node | null, nodes: readonly Node[]): readonly (Node | Likes)[] {
  if (nodes.length <= LIKES) return nodes;
  const groups = Map.groupBy(nodes, (node) => `${serviceOfNode(node)} ${node.span.kind} ${node.span.name}`);
  const placed = new Set<string>();
  return nodes.flatMap((node): (Node | Likes)[] => {
    const like = `${serviceOfNode(node)} ${node.span.kind} ${node.span.name}`;
    const group = groups.get(like) ?? [];
    if (group.length <= LIKES) return [node];
    if (placed.has(like)) return [];
    placed.add(like);
    return [likesOf(`${parent?.key ?? ""}+${node.key}`, group)];
  });
}

function likesOf(key: string, nodes: readonly Node[]): Likes {
  const durations = nodes.map(durationOf);
  return {
    key,
    nodes,
    shortest: micros(durations.reduce((a, b) => Math.min(a, b), Infinity)),
    longest: micros(durations.reduce((a, b) => Math.max(a, b), 0)),
    total: micros(durations.reduce((a, b) => a + b, 0)),
  };
}
