/** The results: one row a trace, durations on one scale. */
import { type Zone, clock, fullClock, zoneName } from "../model/clock";
import type { LookUp } from "../model/label";
import { count, duration, tick, ticks } from "../model/numbers";
import { type Micros, micros } from "../model/span";
import type { ErrorSummary, Sort, Summary } from "../model/summary";
import { ErrorPill, Swatch } from "../widgets/marks";
import { useRows } from "../widgets/rows";
import { go } from "./place";

/** Services named in a row; the rest is a number. */
const NAMED = 3;

const NONE: readonly string[] = [];

const toTrace = (id: string): string => `traces/${id}`;

export function ResultsTable({
  summaries,
  sort,
  look,
  now,
  zone,
  linkOf = toTrace,
  chosen = NONE,
  onChoose,
  onMore,
}: {
  summaries: readonly Summary[];
  sort: Sort;
  look: LookUp;
  now: Micros;
  zone: Zone;
  /** Where the trace of an id is seen: the trace page, unless said. */
  linkOf?: (id: string) => string;
  /** Ids of those that are to be compared. */
  chosen?: readonly string[];
  /** Chooses one, or no longer; absent where none can be compared. */
  onChoose?: (id: string) => void;
  /** Null when there are no more. */
  onMore: (() => void) | null;
}) {
  const rows = useRows<HTMLTableSectionElement>(summaries.length, (key, index) => {
    const summary = summaries[index];
    if (key !== " " || !summary || !onChoose) return false;
    onChoose(summary.id);
    return true;
  });
  const scale = scaleFor(summaries);
  return (
    <div class="scroll">
      <table class="results">
        <caption class="vh">Traces</caption>
        <thead>
          <tr>
            <th
              class="at"
              title={zoneName(zone)}
              {...(sort === "newest" ? { "aria-sort": "descending" as const } : {})}
            >
              Time{sort === "newest" && " ↓"}
            </th>
            <th>Request</th>
            <th class="num took" {...(sort === "slowest" ? { "aria-sort": "descending" as const } : {})}>
              Duration{sort === "slowest" && " ↓"}
            </th>
            <th class="length">
              <span class="scaled">
                <span>0</span>
                <span>{tick(scale)}</span>
              </span>
            </th>
            <th class="who">Services</th>
            <th class="num spans">Spans</th>
          </tr>
        </thead>
        <tbody ref={rows.body} onKeyDown={rows.onKeyDown}>
          {summaries.map((summary, i) => (
            <tr key={summary.id} class={chosen.includes(summary.id) ? "on" : ""} onClick={() => go(linkOf(summary.id))}>
              <td class="mono" title={`${fullClock(summary.start, zone)} ${zoneName(zone)}`}>
                {clock(summary.start, now, zone)}
              </td>
              <td>
                <a class="row" href={linkOf(summary.id)} {...rows.row(i)}>
                  <Request summary={summary} />
                  {chosen.includes(summary.id) && <span class="vh">, chosen</span>}
                </a>
              </td>
              <td class="num strong">{duration(summary.duration)}</td>
              <td>
                <Length share={summary.duration / scale} />
              </td>
              <td>
                <Services services={summary.services} look={look} />
              </td>
              <td class="num soft">{count(summary.spans)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {onMore && (
        <p class="more">
          <button type="button" onClick={onMore}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}

const Request = ({ summary: { label, error } }: { summary: Summary }) => (
  <>
    <Swatch mark={label.mark} />
    <bdi class="alias cut" title={label.service}>
      {label.alias}
    </bdi>
    <bdi class="soft cut" title={label.operation}>
      {label.operation}
    </bdi>
    {error && (
      <ErrorPill
        text={errorText(error)}
        began={error.seenByCaller}
        title={error.seenByCaller ? "the caller saw it" : "the caller did not see it"}
      />
    )}
  </>
);

const errorText = ({ word, where, seenByCaller }: ErrorSummary): string =>
  `${word} ${where}${seenByCaller ? "" : ", recovered"}`;

const Length = ({ share }: { share: number }) => (
  <svg width="100%" height="16" aria-hidden="true">
    <rect y="5" width={`${Math.max(0.5, Math.min(100, share * 100))}%`} height="6" fill="var(--data)" />
  </svg>
);

function Services({ services, look }: { services: readonly string[]; look: LookUp }) {
  const byAlias = [...new Map(services.map((service) => [look(service).alias, look(service)] as const)).values()];
  return (
    <span class="services sm soft" title={byAlias.map(({ alias }) => alias).join(", ")}>
      {byAlias.slice(0, NAMED).map(({ alias, mark }) => (
        <span key={alias}>
          <Swatch mark={mark} />
          <bdi>{alias}</bdi>
        </span>
      ))}
      {byAlias.length > NAMED && <span>+{count(byAlias.length - NAMED)}</span>}
    </span>
  );
}

/** The round number at or above the longest. */
function scaleFor(summaries: readonly Summary[]): Micros {
  const longest = summaries.reduce((most, summary) => Math.max(most, summary.duration), 1);
  const step = ticks(0, longest, 4)[1] ?? longest;
  return micros(Math.ceil(longest / step) * step);
}
