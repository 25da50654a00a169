/** The bar above the results: in which order, whether they come by themselves, which of them. */
import { count } from "../model/numbers";
import type { Sort } from "../model/summary";
import { Segments } from "../widgets/Segments";

export const SORTS: readonly (readonly [Sort, string])[] = [
  ["slowest", "Slowest"],
  ["newest", "Newest"],
  ["errors", "Errors first"],
];
/** Which part of all is shown. */
const PART: Readonly<Record<Sort, (n: string) => string>> = {
  slowest: (n) => `the slowest ${n}; more may match`,
  newest: (n) => `the newest ${n}; more may match`,
  errors: (n) => `the first ${n}; more may match`,
};

/** What to do with one or two chosen results. */
function Chosen({ ids: [one, two] }: { ids: readonly string[] }) {
  if (!one) return null;
  if (!two) return <span class="sm muted">One is chosen: choose another by Space to compare them.</span>;
  return (
    <a class="sm" href={`traces/${one}?with=${two}`}>
      Compare the two
    </a>
  );
}

export function ResultsBar({
  sort,
  live,
  all,
  shown,
  partial,
  chosen,
  onSort,
  onLive,
  onOnly,
  onAll,
}: {
  sort: Sort;
  live: boolean;
  /** How many were found. */
  all: number;
  /** How many of them are in the box; null without one. */
  shown: number | null;
  /** More may match. */
  partial: boolean;
  /** Ids of those that are to be compared: at most two. */
  chosen: readonly string[];
  onSort: (sort: Sort) => void;
  onLive: () => void;
  /** Searches for what is in the box. */
  onOnly: () => void;
  /** Takes the box away. */
  onAll: () => void;
}) {
  return (
    <div class="toolbar">
      <h2>Traces</h2>
      <Segments label="Sort" value={sort} options={SORTS} onChange={onSort} />
      <button type="button" class="plain tiny" aria-pressed={live} onClick={onLive}>
        {live ? "Live: on" : "Live"}
      </button>
      <span class="grow" />
      <Chosen ids={chosen} />
      {shown !== null ? (
        <>
          <span class="sm muted" role="status">
            {`${count(shown)} of ${count(all)}, those in the box`}
          </span>
          <button type="button" class="plain tiny" onClick={onOnly}>
            Only these
          </button>
          <button type="button" class="plain tiny" onClick={onAll}>
            All
          </button>
        </>
      ) : (
        partial && <span class="sm muted">{PART[sort](count(all))}</span>
      )}
    </div>
  );
}
