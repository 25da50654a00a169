/** The lines of a dtab: as typed, as sent, and what each did. */
import type { Row } from "./delegation";
import type { Dentry } from "./mesh";

export interface LineUse {
  /** Counted from 1; null for a line that requests do not follow. */
  readonly step: number | null;
  readonly words: string;
}

/** What each line of the dtab did, by `keyOf`; lines that did not match are left out. */
export function usesOf(rows: readonly Row[]): Map<string, LineUse> {
  const uses = new Map<string, LineUse>();
  const note = (way: Row["way"], use: (before: number) => LineUse) => {
    for (const { dentry, way: on } of rows)
      if (dentry && on === way && !uses.has(keyOf(dentry))) uses.set(keyOf(dentry), use(uses.size));
  };
  note("taken", (before) => ({ step: before + 1, words: `step ${before + 1}` }));
  note("tried", () => ({ step: null, words: "leads nowhere" }));
  note("spare", () => ({ step: null, words: "not needed" }));
  return uses;
}

/** The same for lines that say the same, however they are spaced. */
export const keyOf = ({ prefix, dst }: Dentry): string =>
  `${prefix}=>${dst}`
    .replace(/\s+/g, "")
    .replace(/(\d+\.?\d*|\.\d+)\*/g, (_, weight: string) => `${Number(weight).toFixed(2)}*`);

/** The lines of a dtab as typed; what is no line yet is left out, and so are comments. */
export function readLines(dtab: string): Dentry[] {
  return dtab
    .replace(/(^|[\s;])#[^\n]*/g, "$1")
    .split(";")
    .map((line) => line.split("=>"))
    .flatMap(([prefix = "", ...dst]) =>
      dst.length > 0 ? [{ prefix: prefix.trim(), dst: dst.join("=>").trim() }] : [],
    );
}

/** The whole dtab as one text; the later line wins. */
export const joined = (base: readonly Dentry[], override: string): string =>
  [...base.map(({ prefix, dst }) => `${prefix} => ${dst}`), override.trim()].filter(Boolean).join(" ;\n");
