/** How a name is bound, as `/delegator.json` answers it: its steps as rows, and the answer in words. */
import type { Dentry } from "./mesh";
import { LONGEST, cut, nameOf } from "./names";
import { counted, percent } from "./numbers";

interface Step {
  /** The name at this step; `~` and `!` where a dtab says so. */
  readonly path: string;
  /** The line that led here; absent where the tree begins. */
  readonly dentry?: Dentry;
}

export type Tree = Step &
  (
    | { readonly type: "empty" | "fail" | "neg" }
    | { readonly type: "exception"; readonly message: string }
    | { readonly type: "delegate"; readonly delegate: Tree }
    | { readonly type: "alt"; readonly alt: readonly Tree[] }
    | { readonly type: "union"; readonly union: readonly { readonly weight: number; readonly tree: Tree }[] }
    | { readonly type: "leaf"; readonly bound: Bound }
    | { readonly type: "transformation"; readonly name: string; readonly bound: Bound; readonly tree: Tree }
  );

interface Bound {
  readonly id: string;
  readonly addr:
    | { readonly type: "bound"; readonly addrs: readonly { readonly ip: string; readonly port: number }[] }
    | { readonly type: "neg" | "pending" }
    | { readonly type: "failed"; readonly cause: string };
}

/** What comes of a branch; only `neg` leaves the choice to the next. */
type Result = "bound" | "neg" | "fail" | "empty" | "failed";

export interface Row {
  readonly depth: number;
  /** Index of the row above that led here; -1 for the first. */
  readonly parent: number;
  readonly path: string;
  /** Why this step is there. */
  readonly because: string;
  /** What is known of it; empty where the rows below say it. */
  readonly outcome: string;
  /** `taken`: requests go this way. `tried`: they would, had it led anywhere. `spare`: another comes before it. */
  readonly way: "taken" | "tried" | "spare";
  /** Where requests go in the end. */
  readonly end: boolean;
  readonly dentry: Dentry | null;
}

type Way = Row["way"];

/** Every step in the order in which it is tried. */
export function rowsOf(tree: Tree): Row[] {
  const rows: Row[] = [];
  const walk = (step: Tree, parent: number, depth: number, way: Way, because: string) => {
    const at = rows.push({
      depth,
      parent,
      path: step.path,
      because,
      outcome: outcomeOf(step, way),
      way,
      end: way === "taken" && step.type === "leaf",
      dentry: dentryOf(step),
    });
    const below = (next: Tree, on: Way, words: string) => walk(next, at - 1, depth + 1, on, words);
    switch (step.type) {
      case "delegate":
        below(step.delegate, way, lineOf(step.delegate));
        break;
      case "transformation":
        below(step.tree, way, `transformer ${step.name.replace(/Transformer$/, "").toLowerCase()}`);
        break;
      case "alt": {
        const winner = step.alt.findIndex((each) => resultOf(each) !== "neg");
        step.alt.forEach((each, i) => below(each, choice(way, i, winner), lineOf(each)));
        break;
      }
      case "union": {
        const shares = sharesOf(step.union);
        step.union.forEach(({ tree: each }, i) =>
          below(each, way === "taken" && shares[i] === 0 ? "tried" : way, `${percent(shares[i] ?? 0)} of requests`),
        );
        break;
      }
      default:
        break;
    }
  };
  walk(tree, -1, 0, resultOf(tree) === "neg" ? "tried" : "taken", "asked for");
  return rows;
}

const choice = (way: Way, index: number, winner: number): Way => {
  if (way === "spare" || (winner >= 0 && index > winner)) return "spare";
  return index === winner ? way : "tried";
};

const lineOf = (tree: Tree): string => {
  const dentry = dentryOf(tree);
  return dentry ? `${dentry.prefix} ⇒ ${dentry.dst}` : "";
};

/** What is transformed has none of its own: the line that led to it stands at what comes of it. */
const dentryOf = (tree: Tree): Dentry | null =>
  tree.type === "transformation" ? dentryOf(tree.tree) : (tree.dentry ?? null);

function outcomeOf(step: Tree, way: Way): string {
  const words = ownOutcome(step);
  return way === "spare" && words !== "" && isEnd(step)
    ? `not needed; ${words.replace(/^bound: /, "would be ")}`
    : words;
}

const isEnd = ({ type }: Tree): boolean => ["leaf", "neg", "fail", "empty", "exception"].includes(type);

const SHOWN = 3;

function ownOutcome(step: Tree): string {
  switch (step.type) {
    case "leaf":
      return addressWords(step.bound, "bound");
    case "transformation":
      return addressWords(step.bound, "known");
    case "neg":
      return whyNothing(step.path);
    case "fail":
      return "refused by !";
    case "empty":
      return "empty on purpose ($)";
    case "exception":
      return step.message;
    case "alt":
      return `${counted(step.alt.length, "choice")}, the first that leads somewhere`;
    case "union":
      return "split by weight";
    default:
      return "";
  }
}

function addressWords({ addr }: Bound, word: string): string {
  switch (addr.type) {
    case "bound": {
      if (addr.addrs.length === 0) return "known, without endpoints";
      const places = addr.addrs.slice(0, SHOWN).map(({ ip, port }) => `${ip.includes(":") ? `[${ip}]` : ip}:${port}`);
      const more = addr.addrs.length - SHOWN;
      return `${word}: ${places.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    }
    case "neg":
      return "known, without endpoints";
    case "pending":
      return "waiting for the namer";
    case "failed":
      return addr.cause;
    default:
      return addr satisfies never;
  }
}

/** Why a name that no line rewrites leads nowhere. */
function whyNothing(path: string): string {
  if (path === "~") return "nothing, as ~ says";
  const [, root, kind = ""] = path.split("/");
  if (root === "#") return `unknown to ${kind}`;
  if (root === "$") return "no such built-in name";
  return "no line leads on from here";
}

function resultOf(tree: Tree): Result {
  switch (tree.type) {
    case "empty":
    case "fail":
    case "neg":
      return tree.type;
    case "exception":
      return "failed";
    case "leaf":
      return "bound";
    case "delegate":
      return resultOf(tree.delegate);
    case "transformation":
      return resultOf(tree.tree);
    case "alt":
      return tree.alt.map(resultOf).find((result) => result !== "neg") ?? "neg";
    case "union":
      return unitedResult(tree.union.map((branch) => resultOf(branch.tree)));
    default:
      return tree satisfies never;
  }
}

/** As binding does it: what failed is left out while there is another, then what leads nowhere. */
function unitedResult(results: readonly Result[]): Result {
  const settled = results.filter((result) => result !== "failed");
  if (settled.length === 0) return "failed";
  const [only] = settled;
  if (only && settled.length === 1) return only;
  return settled.find((result) => result !== "neg" && result !== "fail") ?? "neg";
}

/** The share of requests of each branch; 0 for those that are left out. */
function sharesOf(branches: readonly { readonly weight: number; readonly tree: Tree }[]): number[] {
  const weights = branches.map(({ weight, tree }) => (["bound", "empty"].includes(resultOf(tree)) ? weight : 0));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (all > 0 ? weight / all : 0));
}

export interface Target {
  /** The bound id. */
  readonly id: string;
  readonly alias: string;
  readonly share: number;
}

/** Where requests go, the most first. */
export function targetsOf(tree: Tree, share = 1): Target[] {
  const found = targets(tree, share);
  const byId = Map.groupBy(found, ({ id }) => id);
  return [...byId.values()]
    .flatMap(([first, ...rest]) =>
      first ? [{ ...first, share: rest.reduce((sum, each) => sum + each.share, first.share) }] : [],
    )
    .toSorted((a, b) => b.share - a.share);
}

function targets(tree: Tree, share: number): Target[] {
  switch (tree.type) {
    case "leaf":
      return [{ id: tree.bound.id, alias: nameOf(tree.bound.id).alias, share }];
    case "delegate":
      return targets(tree.delegate, share);
    case "transformation":
      return targets(tree.tree, share);
    case "alt": {
      const winner = tree.alt.find((each) => resultOf(each) !== "neg");
      return winner ? targets(winner, share) : [];
    }
    case "union": {
      const shares = sharesOf(tree.union);
      return tree.union.flatMap((branch, i) => (shares[i] ? targets(branch.tree, share * shares[i]) : []));
    }
    default:
      return [];
  }
}

/** The answer in a sentence; `base` is the tree without the override, null when there is none. */
export function verdict(asked: string, tree: Tree, base: Tree | null): string {
  const name = cut(asked, LONGEST);
  const now = goal(tree);
  const before = base && goal(base);
  const instead = before && before !== now ? ` instead of ${before}` : "";
  const result = resultOf(tree);
  switch (result) {
    case "bound":
      return `${name} goes to ${now}${instead}.`;
    case "neg":
      return `${name}: no line leads anywhere${instead}.`;
    case "fail":
      return `${name} is refused by a line with !${instead}.`;
    case "empty":
      return `${name} is empty on purpose ($)${instead}.`;
    case "failed":
      return `${name} cannot be bound${instead}: ${causeIn(tree)}`;
    default:
      return result satisfies never;
  }
}

function goal(tree: Tree): string {
  const all = targetsOf(tree);
  const [only] = all;
  if (!only) return "";
  return all.length === 1 ? only.alias : all.map(({ alias, share }) => `${alias} (${percent(share)})`).join(", ");
}

const causeIn = (tree: Tree): string => {
  const row = rowsOf(tree).find(({ way, outcome }) => way === "taken" && outcome !== "");
  return row?.outcome ?? "its namer failed";
};
