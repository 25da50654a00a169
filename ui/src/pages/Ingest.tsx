/** What comes in: a quiet number in the top bar, red once spans were lost, and where they all are. */
import { useState } from "preact/hooks";
import { getIntake } from "../api/status";
import { type Intake, droppedInAll, lost, rate, spansPerSecond, unaccounted } from "../model/ingest";
import { count } from "../model/numbers";
import { usePolling } from "../widgets/poll";

const EVERY_MS = 5000;

interface Reading {
  readonly now: Intake;
  readonly perSecond: number | null;
}

export function Ingest({ open, onToggle }: { open: boolean; onToggle: () => void }) {
  const [reading, setReading] = useState<Reading | null>(null);
  usePolling(async (signal) => {
    const answer = await getIntake(Date.now(), signal);
    // a server that does not answer is told by the page that asks it something
    if (answer?.ok) setReading((last) => next(last, answer.value));
  }, EVERY_MS);
  if (!reading) return null;
  const { now, perSecond } = reading;
  const bad = lost(now) > 0 || now.trouble !== "" || unaccounted(now) !== 0;
  return (
    <>
      <button
        type="button"
        class={`plain sm ingest${bad ? "" : " wide"}`}
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={onToggle}
      >
        {perSecond !== null && <span class="wide">{rate(perSecond).replace("/", " spans/")}, </span>}
        <span class={bad ? "pill error began" : ""}>
          {now.trouble !== "" && lost(now) === 0 ? "not storing" : `${count(lost(now))} dropped`}
        </span>
      </button>
      {open && <Sum intake={now} />}
    </>
  );
}

/** The rate stays what it was when a reading comes too soon to tell. */
const next = (last: Reading | null, now: Intake): Reading => ({
  now,
  perSecond:
    spansPerSecond(last?.now ?? null, now) ?? (last && now.accepted >= last.now.accepted ? last.perSecond : null),
});

function Sum({ intake }: { intake: Intake }) {
  const missing = unaccounted(intake);
  return (
    <div class="menu" role="dialog" aria-label="Spans since the server started">
      <h2>Spans since the server started</h2>
      {intake.trouble !== "" && <p class="bad">Not stored now: {intake.trouble}</p>}
      <table class="sums">
        <tbody>
          <Line words="Accepted" spans={intake.accepted} strong />
          <Line words="stored" spans={intake.stored} />
          {intake.dropped.map(([reason, spans]) => (
            <Line key={reason} words={`dropped: ${reason}`} spans={spans} />
          ))}
          {intake.dropped.length === 0 && <Line words="dropped" spans={0} />}
          <Line words="waiting to be stored" spans={intake.waiting} />
        </tbody>
      </table>
      <p class={missing === 0 ? "sm muted" : "sm bad"}>
        {missing === 0
          ? `${count(intake.accepted)} accepted = ${count(intake.stored)} stored + ${count(droppedInAll(intake))} dropped + ${count(intake.waiting)} waiting`
          : `The sum does not add up: ${count(Math.abs(missing))} spans are ${missing > 0 ? "unaccounted for" : "counted twice"}.`}
      </p>
    </div>
  );
}

const Line = ({ words, spans, strong = false }: { words: string; spans: number; strong?: boolean }) => (
  <tr>
    <th scope="row" class={strong ? "strong" : ""}>
      {words}
    </th>
    <td class={`num${strong ? " strong" : ""}`}>{count(spans)}</td>
  </tr>
);
