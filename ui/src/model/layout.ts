/** Places for a graph that is read from left to right: columns by depth, few crossings, short ways. */

export interface Point {
  /** Columns from the left, whole. */
  readonly x: number;
  /** Rows from the top; neighbours in a column are at least one apart. */
  readonly y: number;
}

export interface Layout {
  /** One for each node. */
  readonly nodes: readonly Point[];
  /** The way of each edge, from its node to its node, with a point in each column between. */
  readonly ways: readonly (readonly Point[])[];
  readonly columns: number;
  readonly rows: number;
}

export type Pair = readonly [from: number, to: number];

const SWEEPS = 8;

/** `edges` are pairs of node indices below `count`; circles and edges to oneself are allowed. */
export function layout(count: number, edges: readonly Pair[]): Layout {
  const column = columnsOf(count, edges);
  const grid = new Grid(column);
  const chains = edges.map(([from, to]) => grid.connect(from, to));
  grid.order();
  const rows = grid.rows();
  const least = Math.min(0, ...rows);
  const at = (node: number): Point => ({ x: grid.column[node] ?? 0, y: (rows[node] ?? 0) - least });
  return {
    nodes: Array.from({ length: count }, (_, node) => at(node)),
    ways: chains.map((chain) => chain.map(at)),
    columns: Math.max(0, ...column) + (count > 0 ? 1 : 0),
    rows: rows.length > 0 ? Math.max(...rows) - least + 1 : 0,
  };
}

/** The longest way from a node that nobody calls; an edge that would close a circle does not count. */
function columnsOf(count: number, edges: readonly Pair[]): number[] {
  const out = Array.from({ length: count }, (): number[] => []);
  const called = new Set<number>();
  for (const [from, to] of edges) {
    if (from === to) continue;
    out[from]?.push(to);
    called.add(to);
  }
  const order: number[] = [];
  const state = new Uint8Array(count);
  const forward = out.map((): number[] => []);
  // those that nobody calls first, so that a circle is cut where it leads back to its way in
  const starts = [...Array(count).keys()].toSorted((a, b) => Number(called.has(a)) - Number(called.has(b)) || a - b);
  for (const start of starts) {
    if (state[start] !== 0) continue;
    const stack = [{ node: start, next: 0 }];
    state[start] = 1;
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = out[top.node]?.[top.next++];
      if (to === undefined) {
        state[top.node] = 2;
        order.push(top.node);
        stack.pop();
      } else if (state[to] !== 1) {
        forward[top.node]?.push(to);
        if (state[to] === 0) {
          state[to] = 1;
          stack.push({ node: to, next: 0 });
        }
      }
    }
  }
  const column = Array<number>(count).fill(0);
  for (const node of order.toReversed())
    for (const to of forward[node] ?? []) column[to] = Math.max(column[to] ?? 0, (column[node] ?? 0) + 1);
  return column;
}

/** Nodes in columns, with bends where edges pass through one. */
class Grid {
  readonly column: number[];
  readonly #beside: number[][];
  #members: number[][] = [];

  constructor(column: readonly number[]) {
    this.column = [...column];
    this.#beside = column.map(() => []);
    for (const [node, at] of column.entries()) (this.#members[at] ??= []).push(node);
  }

  /** The nodes and bends of an edge, in its direction. */
  connect(from: number, to: number): number[] {
    const [a, b] = [this.column[from] ?? 0, this.column[to] ?? 0];
    const chain = [from];
    const step = Math.sign(b - a);
    for (let passed = 1; passed < Math.abs(b - a); passed++) {
      const at = a + step * passed;
      const bend = this.column.push(at) - 1;
      this.#beside.push([]);
      (this.#members[at] ??= []).push(bend);
      chain.push(bend);
    }
    chain.push(to);
    for (const [i, node] of chain.slice(1).entries()) {
      const before = chain[i] ?? from;
      this.#beside[before]?.push(node);
      this.#beside[node]?.push(before);
    }
    return chain;
  }

  /** Sorts each column by where its neighbours are, to and fro. */
  order(): void {
    const place = Array<number>(this.column.length).fill(0);
    const settle = (members: readonly number[]) => {
      for (const [i, node] of members.entries()) place[node] = i - members.length / 2;
    };
    this.#members.forEach(settle);
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const step = sweep % 2 === 0 ? 1 : -1;
      const columns = [...this.#members.keys()];
      for (const at of step === 1 ? columns : columns.toReversed()) {
        const pull = (node: number) => this.#mean(node, place, at - step);
        this.#members[at] = (this.#members[at] ?? []).toSorted((a, b) => pull(a) - pull(b));
        settle(this.#members[at]);
      }
    }
  }

  /** A row for each node and bend: near its neighbours, in order, one apart. */
  rows(): number[] {
    const rows = Array<number>(this.column.length).fill(0);
    for (const members of this.#members)
      for (const [i, node] of members.entries()) rows[node] = i - (members.length - 1) / 2;
    for (let sweep = 0; sweep < SWEEPS; sweep++)
      for (const members of this.#members) {
        const wanted = members.map((node) => this.#mean(node, rows, null));
        for (const [i, row] of apart(wanted).entries()) rows[members[i] ?? 0] = row;
      }
    return rows;
  }

  /** The mean of a node's neighbours, all or those of one column; its own place when it has none. */
  #mean(node: number, place: readonly number[], at: number | null): number {
    const beside = (this.#beside[node] ?? []).filter(
      (other) => other !== node && (at === null || this.column[other] === at),
    );
    if (beside.length === 0) return place[node] ?? 0;
    return beside.reduce((sum, other) => sum + (place[other] ?? 0), 0) / beside.length;
  }
}

/** The rows nearest to the wanted ones that keep their order and are at least one apart. */
function apart(wanted: readonly number[]): number[] {
  const blocks: { sum: number; size: number }[] = [];
  for (const [i, row] of wanted.entries()) {
    let block = { sum: row - i, size: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.size > block.sum / block.size; last = blocks.at(-1)) {
      block = { sum: last.sum + block.sum, size: last.size + block.size };
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ sum, size }) => Array<number>(size).fill(sum / size)).map((row, i) => row + i);
}
