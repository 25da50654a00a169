/** The numbers of a row: success, rate, course, latencies. */
import { rate } from "../../model/ingest";
import { percent } from "../../model/numbers";
import { BAD_SHARE, type Figures, latency } from "../../model/traffic";
import { Spark } from "../../widgets/Spark";

export const FigureHeads = () => (
  <>
    <th class="num fig">Success</th>
    <th class="num fig">Requests</th>
    <th class="course wide">1 min</th>
    <th class="num fig">p50</th>
    <th class="num fig">p95</th>
    <th class="num fig">p99</th>
  </>
);

/** For a row whose numbers nobody counts. */
export const NoFigures = () => (
  <>
    <td colSpan={2} />
    <td class="course wide" />
    <td colSpan={3} />
  </>
);

/** Dashes where nothing passed. */
export function FigureCells({ figures }: { figures: Figures | null }) {
  const { success = null, overall = false, perSecond = null, course = [], now } = figures ?? {};
  const bad = success !== null && success < BAD_SHARE;
  const tone = bad ? (overall ? "bad" : "bad strong") : overall ? "muted" : "";
  return (
    <>
      <td
        class={`num ${tone}`}
        title={overall ? "since Envoy started: none came in the last minute" : "in the last minute"}
      >
        {success === null ? <span class="muted">–</span> : percent(success)}
      </td>
      <td class="num">{perSecond === null || !now?.requests ? <span class="muted">–</span> : rate(perSecond)}</td>
      <td class="course wide">
        <Spark values={course} />
      </td>
      <td class="num soft">{latency(now?.p50 ?? null)}</td>
      <td class="num soft">{latency(now?.p95 ?? null)}</td>
      <td class="num">{latency(now?.p99 ?? null)}</td>
    </>
  );
}
