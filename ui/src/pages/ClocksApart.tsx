/** Whose clocks were apart, and the switch to the times as they were reported. */
import type { LookUp } from "../model/label";
import { count, duration } from "../model/numbers";
import type { Apart } from "../model/skew";
import { step } from "./place";

/** That many pairs are named; the rest is counted. */
const NAMED = 2;

export function ClocksApart({ apart, raw, look }: { apart: readonly Apart[]; raw: boolean; look: LookUp }) {
  const named = apart.slice(0, NAMED).map(({ caller, callee, by }) => {
    const [from, to] = [look(caller).alias || "an unknown caller", look(callee).alias || "an unknown service"];
    return `${from} and ${to} were ${duration(by)} apart`;
  });
  const rest = apart.length - named.length;
  return (
    <p class="row sm muted">
      <span class="cut">
        Clocks of {named.join(", ")}
        {rest > 0 && `, and ${count(rest)} more`}
        {raw ? ". Times are as they were reported." : ". Times of what was called are set right."}
      </span>
      <button type="button" class="plain tiny" aria-pressed={raw} onClick={() => step({ raw: raw ? null : "1" })}>
        Show raw
      </button>
    </p>
  );
}
