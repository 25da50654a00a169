/** The calls of a trace by service and operation. */
import { useMemo } from "preact/hooks";
import { PART_KEYS, type Part, type PartKey, partsOf } from "../../model/breakdown";
import type { LookUp } from "../../model/label";
import { count, duration, percent } from "../../model/numbers";
import { type Trace, ownTime } from "../../model/tree";
import { Swatch } from "../../widgets/marks";
import { params, step } from "../place";

const HEADS: Readonly<Record<PartKey, string>> = {
  calls: "Calls",
  total: "Total",
  own: "Own time",
  longest: "Longest",
  errors: "Errors",
};

/** Rows that are drawn. */
const SHOWN = 500;

export function PartsTable({ trace, look }: { trace: Trace; look: LookUp }) {
  const asked = params.value.get("by");
  const by = PART_KEYS.find((key) => key === asked) ?? "own";
  const parts = useMemo(() => partsOf(trace, look, by), [trace, look, by]);
  const all = useMemo(() => trace.nodes.reduce((sum, node) => sum + ownTime(node), 0), [trace]);
  return (
    <div class="scroll">
      <table class="parts">
        <caption class="vh">Calls by service and operation</caption>
        <thead>
          <tr>
            <th>Service and operation</th>
            {PART_KEYS.map((key) => (
              <th key={key} class="num" {...(key === by ? { "aria-sort": "descending" as const } : {})}>
                <button type="button" class="plain tiny" onClick={() => step({ by: key === "own" ? null : key })}>
                  {HEADS[key]}
                  {key === by && " ↓"}
                </button>
              </th>
            ))}
            <th class="num">Of all own time</th>
          </tr>
        </thead>
        <tbody>
          {parts.slice(0, SHOWN).map((part) => (
            <PartRow key={part.key} part={part} share={all > 0 ? part.own / all : 0} />
          ))}
        </tbody>
      </table>
      {parts.length > SHOWN && <p class="compared sm muted">{`${count(parts.length - SHOWN)} more are not drawn.`}</p>}
    </div>
  );
}

const PartRow = ({ part: { label, calls, total, own, longest, errors }, share }: { part: Part; share: number }) => (
  <tr>
    <td>
      <span class="row">
        <Swatch mark={label.mark} />
        <bdi class="alias cut" title={label.service}>
          {label.alias}
        </bdi>
        <bdi class="soft cut" title={label.operation}>
          {label.operation}
        </bdi>
      </span>
    </td>
    <td class="num">{count(calls)}</td>
    <td class="num soft">{duration(total)}</td>
    <td class="num strong">{duration(own)}</td>
    <td class="num soft">{duration(longest)}</td>
    <td class={`num${errors > 0 ? " bad" : " muted"}`}>{errors > 0 ? count(errors) : "–"}</td>
    <td class="num soft">{percent(share)}</td>
  </tr>
);
