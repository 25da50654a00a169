/** Which requests were there, how long did they take, which failed. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/http";
import { getTraces } from "../api/zipkin";
import { type Search, apiParams, describe, lookbackName, mistakeIn, readSearch, writeSearch } from "../model/search";
import type { LookUp } from "../model/label";
import { looksOf } from "../model/services";
import { type Span, micros, serviceOf } from "../model/span";
import { type Sort, type Summary, sorted, summarise } from "../model/summary";
import { count, counted } from "../model/numbers";
import { Segments } from "../widgets/Segments";
import { useReady } from "../widgets/ready";
import { zone } from "../widgets/settings";
import { Fault, Progress } from "../widgets/states";
import { AskForm } from "./AskForm";
import { NothingFound } from "./NothingFound";
import { ResultsTable } from "./ResultsTable";
import { wordsFor } from "./failures";
import { useKeys } from "./keys";
import { go, params, step } from "./place";
import { readServices, services, servicesKnown } from "./services";

interface Found {
  readonly traces: readonly (readonly Span[])[];
  readonly tookMs: number;
  /** When it was asked, epoch milliseconds. */
  readonly asked: number;
}

const SORTS: readonly (readonly [Sort, string])[] = [
  ["slowest", "Slowest"],
  ["newest", "Newest"],
  ["errors", "Errors first"],
];
const readSort = (text: string | null): Sort => SORTS.find(([sort]) => sort === text)?.[0] ?? "newest";

const setSort = (value: Sort) => step({ sort: value === "newest" ? null : value });

export function SearchPage() {
  const search = readSearch(params.value);
  const sort = readSort(params.value.get("sort"));
  const { found, failure, waiting, again } = useFound(search);
  const look = useLook(found);
  const summaries = useMemo(
    () => (found?.traces ?? []).map((spans) => summarise(spans, look)).filter((summary) => summary !== null),
    [found, look],
  );
  const firstField = useRef<HTMLInputElement>(null);
  const run = (next: Search) => {
    const query = writeSearch(next);
    if (sort !== "newest") query.set("sort", sort);
    const to = query.size > 0 ? `?${query}` : "./";
    if (String(query) === String(params.peek())) again();
    else go(to);
  };
  useKeys({
    title: "Search",
    keys: [
      { key: "/", words: "find: the form", run: () => firstField.current?.focus() },
      { key: "1", words: "slowest first", run: () => setSort("slowest") },
      { key: "2", words: "newest first", run: () => setSort("newest") },
      { key: "3", words: "errors first", run: () => setSort("errors") },
    ],
    told: [
      ["Enter", "in the form: search; in the list: open the trace"],
      ["ArrowUp", "row above, also k"],
      ["ArrowDown", "row below, also j"],
      ["Home", "first row"],
      ["End", "last row"],
    ],
  });
  useEffect(() => {
    document.title = `${[describe(search), `last ${lookbackName(search.lookback)}`].filter(Boolean).join(", ")} · clew`;
  }, [params.value]);
  const ready = useReady(found ?? failure);
  useEffect(() => {
    if ((found || failure) && !waiting) ready();
  });

  return (
    <>
      <h1 class="vh">Search</h1>
      <AskForm
        key={String(writeSearch(search))}
        search={search}
        mistake={mistakeIn(search)}
        onRun={run}
        first={firstField}
      />
      <Progress on={waiting} />
      {failure && (
        <Fault
          {...wordsFor(failure)}
          action={
            <button type="button" onClick={again}>
              Try again
            </button>
          }
        />
      )}
      {found && !failure && (
        <div class={`page${waiting ? " stale" : ""}`} aria-busy={waiting}>
          <Facts search={search} found={found} summaries={summaries} />
          {summaries.length > 0 ? (
            <>
              <div class="toolbar">
                <h2>Traces</h2>
                <Segments label="Sort" value={sort} options={SORTS} onChange={setSort} />
                <span class="grow" />
                {summaries.length >= search.limit && (
                  <span class="sm muted">the newest {count(search.limit)}; more may match</span>
                )}
              </div>
              <ResultsTable
                summaries={sorted(summaries, sort)}
                sort={sort}
                look={look}
                now={micros(found.asked * 1000)}
                zone={zone.value}
              />
            </>
          ) : (
            servicesKnown.value && <NothingFound search={search} services={services.value} onRun={run} />
          )}
        </div>
      )}
    </>
  );
}

/** Asks whenever the address says something else; what was found stays until the new is there. */
function useFound(search: Search) {
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(true);
  const [tries, setTries] = useState(0);
  const query = String(writeSearch(search));
  useEffect(() => {
    if (mistakeIn(search)) {
      setWaiting(false);
      return undefined;
    }
    const control = new AbortController();
    const asked = Date.now();
    setWaiting(true);
    void getTraces(apiParams(search, asked), control.signal).then((answer) => {
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setFound({ traces: answer.value, tookMs: answer.tookMs, asked });
    });
    return () => control.abort();
  }, [query, tries]);
  const again = () => {
    setTries(tries + 1);
    void readServices();
  };
  return { found, failure, waiting, again };
}

const useLook = (found: Found | null): LookUp =>
  useMemo(
    () => looksOf(new Set(found?.traces.flatMap((spans) => spans.map(serviceOf))), services.value),
    [found, services.value],
  );

function Facts({ search, found, summaries }: { search: Search; found: Found; summaries: readonly Summary[] }) {
  const errors = summaries.filter(({ error }) => error).length;
  const text = describe(search);
  return (
    <p class="found row sm muted" role="status">
      <span class="cut">
        <b>{count(summaries.length)}</b> {counted(summaries.length, "trace").split(" ").at(-1)} in the last{" "}
        {lookbackName(search.lookback)}
        {text && (
          <>
            {" "}
            · <bdi class="mono">{text}</bdi>
          </>
        )}
        {errors > 0 && (
          <>
            {" "}
            · <span class="bad">{counted(errors, "with an error", "with errors")}</span>
          </>
        )}
        {` · answered in ${Math.max(1, Math.round(found.tookMs))}\u00a0ms`}
      </span>
    </p>
  );
}
