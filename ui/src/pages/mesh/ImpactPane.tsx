/** What an override changes over all names that the router was asked for. */
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../api/http";
import { compareNames } from "../../api/mesh";
import { type Change, type Impact, changeWords, goalWords, idsOf } from "../../model/impact";
import type { Router } from "../../model/mesh";
import { count, counted } from "../../model/numbers";
import { type Rows, useRows } from "../../widgets/rows";
import { Fault, Progress } from "../../widgets/states";
import { wordsFor } from "../failures";
import { playground } from "./NamesTable";

/** After the last key: it costs the mesh more than one name does. */
const SETTLE_MS = 400;
/** Rows that are drawn. */
const SHOWN = 200;

export function ImpactPane({ router, override }: { router: Router; override: string }) {
  const { impact, failure, waiting } = useImpact(router.label, override);
  return (
    <section class="impact" aria-label="What the override changes">
      <h2>
        <span class="grow">What the override changes</span>
        <span class="muted normal" role="status">
          {impact && `${count(impact.changes.length)} of ${counted(impact.names, "name")} asked for`}
        </span>
      </h2>
      <Progress on={waiting} />
      {failure && !isMistake(failure) && <Fault {...wordsFor(failure)} />}
      {impact && (
        <div class={waiting || failure ? "stale" : ""}>
          {impact.changes.length > 0 ? (
            <ImpactTable
              changes={impact.changes}
              hrefOf={(name) => `${playground(router.label, name)}&${new URLSearchParams({ dtab: override })}`}
            />
          ) : (
            <p class="none sm muted">
              {impact.names > 0
                ? "Every name goes where it goes without it."
                : "No request has come through this router yet; names appear here as they are asked for."}
            </p>
          )}
        </div>
      )}
    </section>
  );
}

/** The dtab is told to be wrong beside the steps already. */
const isMistake = (failure: Failure): boolean => failure.kind === "refused" && failure.status === 400;

/** Asks when typing settles; what was found stays while it waits, and beside a mistake. */
function useImpact(router: string, override: string) {
  const [impact, setImpact] = useState<Impact | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(false);
  useEffect(() => {
    const control = new AbortController();
    setWaiting(true);
    const ask = async () => {
      const answer = await compareNames(router, override, control.signal);
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setImpact(answer.value);
    };
    const timer = setTimeout(() => void ask(), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [router, override]);
  return { impact, failure, waiting };
}

function ImpactTable({ changes, hrefOf }: { changes: readonly Change[]; hrefOf: (name: string) => string }) {
  const shown = changes.slice(0, SHOWN);
  const list = useRows<HTMLTableSectionElement>(shown.length);
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Base</th>
            <th>With override</th>
          </tr>
        </thead>
        <tbody ref={list.body} onKeyDown={list.onKeyDown}>
          {shown.map((change, i) => (
            <ImpactRow key={change.name} change={change} href={hrefOf(change.name)} row={list.row(i)} />
          ))}
        </tbody>
      </table>
      {changes.length > SHOWN && (
        <p class="none sm muted">{`${count(changes.length - SHOWN)} more change, by the order of their names.`}</p>
      )}
    </>
  );
}

function ImpactRow({ change, href, row }: { change: Change; href: string; row: ReturnType<Rows<HTMLElement>["row"]> }) {
  const [before, after] = changeWords(change);
  const { lost } = goalWords(change.after);
  return (
    <tr>
      <td>
        <a class="mono cut" href={href} title={change.name} {...row}>
          <bdi>{change.name}</bdi>
        </a>
      </td>
      <td class="soft cut" title={idsOf(change.before)}>
        <bdi>{before}</bdi>
      </td>
      <td class={`cut${lost ? " bad" : " strong"}`} title={idsOf(change.after)}>
        <bdi>{after}</bdi>
      </td>
    </tr>
  );
}
