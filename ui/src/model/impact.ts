/** What an override changes for the names that were asked for: `/clew/override.json`. */
import { nameOf } from "./names";
import { percent } from "./numbers";

export interface Impact {
  /** How many names were compared. */
  readonly names: number;
  /** Those that bind to something else. */
  readonly changes: readonly Change[];
}

export interface Change {
  readonly name: string;
  readonly before: Goal;
  readonly after: Goal;
}

export interface Goal {
  readonly kind: "bound" | "neg" | "fail" | "empty" | "failed" | "pending";
  readonly targets?: readonly Target[];
  /** Why it failed or is waited for. */
  readonly why?: string;
}

interface Target {
  /** The bound id. */
  readonly id: string;
  /** What the namer left of the name. */
  readonly residual: string;
  /** Of all requests. */
  readonly share: number;
}

/** In a few words, and what leads nowhere told apart. */
export function goalWords({ kind, targets = [], why = "" }: Goal): { readonly words: string; readonly lost: boolean } {
  switch (kind) {
    case "bound":
      return { words: targets.map((target) => targetWords(target, targets.length > 1)).join(", "), lost: false };
    case "neg":
      return { words: "nowhere", lost: true };
    case "fail":
      return { words: "refused by !", lost: true };
    case "empty":
      return { words: "empty ($)", lost: true };
    case "failed":
      return { words: why, lost: true };
    case "pending":
      return { words: "waiting for the namer", lost: true };
    default:
      return kind satisfies never;
  }
}

const targetWords = ({ id, residual, share }: Target, split: boolean): string =>
  `${nameOf(id).alias}${residual === "/" ? "" : residual}${split ? ` (${percent(share)})` : ""}`;

/** Where the names differ though their short names do not, the whole ids tell. */
export const idsOf = ({ targets = [] }: Goal): string => targets.map(({ id }) => id).join("\n");

/** Before and after in words; whole ids where the short names are the same. */
export function changeWords({ before, after }: Change): readonly [string, string] {
  const [a, b] = [goalWords(before).words, goalWords(after).words];
  return a === b ? [idsOf(before) || a, idsOf(after) || b] : [a, b];
}
