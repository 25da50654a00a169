/** Which requests were there, how long did they take, which failed. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type Box, heatmapOf, isIn, middleBox, narrowedTo, readBox, writeBox } from "../model/heatmap";
import { type Search, describe, lookbackName, mistakeIn, readSearch, writeSearch } from "../model/search";
import type { LookUp } from "../model/label";
import { looksOf } from "../model/services";
import { micros, serviceOf } from "../model/span";
import { type Sort, type Summary, sorted, summarise } from "../model/summary";
import { count, counted } from "../model/numbers";
import { Heat } from "../widgets/Heat";
import { useReady } from "../widgets/ready";
import { zone } from "../widgets/settings";
import { Empty, Fault, Progress } from "../widgets/states";
import { AskForm } from "./AskForm";
import { NothingFound } from "./NothingFound";
import { ResultsBar, SORTS } from "./ResultsBar";
import { ResultsTable } from "./ResultsTable";
import { config } from "./config";
import { type Found, mistakeInWords, useFound } from "./found";
import { wordsFor } from "./failures";
import { useKeys } from "./keys";
import { change, go, params, step } from "./place";
import { services, servicesKnown } from "./services";

/** The two that were chosen last; one that is chosen again no longer is. */
const choose = (chosen: readonly string[], id: string) =>
  change({ sel: (chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id].slice(-2)).join(",") });

/** Fewer traces are seen at a glance in the list. */
const WORTH_A_PICTURE = 5;

const readSort = (text: string | null): Sort => SORTS.find(([sort]) => sort === text)?.[0] ?? "newest";

const boxParams = (box: Box | null) => ({ box: box && writeBox(box) });
const setBox = (box: Box | null) => step(boxParams(box));
const moveBox = (box: Box) => change(boxParams(box));

const setSort = (value: Sort) => step({ sort: value === "newest" ? null : value });

export function SearchPage() {
  const told = config.value;
  if (!told) return <Progress on />;
  return told.searchEnabled ? <Searching defaults={told.search} /> : <SearchOff />;
}

const SearchOff = () => (
  <Empty title="Searching is switched off">
    <p>This server finds traces by their id only. Paste one into the field at the top, or press i.</p>
  </Empty>
);

function Searching({ defaults }: { defaults: Search }) {
  const search = readSearch(params.value, defaults);
  const sort = readSort(params.value.get("sort"));
  const live = params.value.has("live") && search.until === null;
  const box = readBox(params.value.get("box"));
  const { found, failure, lost, waiting, again, more } = useFound(search, sort, live, isAtResult);
  const misread = mistakeInWords(failure);
  const look = useLook(found);
  const summaries = useMemo(
    () => (found?.traces ?? []).map((spans) => summarise(spans, look)).filter((summary) => summary !== null),
    [found, look],
  );
  const shown = useMemo(
    () => (box ? summaries.filter((each) => isIn(box, each)) : summaries),
    [summaries, params.value],
  );
  const pictured = summaries.length >= WORTH_A_PICTURE || box !== null;
  const map = useMemo(() => (pictured ? heatmapOf(summaries) : null), [summaries, pictured]);
  const heat = useRef<HTMLDivElement>(null);
  const chosen = (params.value.get("sel") ?? "").split(",").filter(Boolean);
  const firstField = useRef<HTMLInputElement>(null);
  const run = (next: Search, kept: Box | null = null) => {
    const query = writeSearch(next, defaults);
    if (kept) query.set("box", writeBox(kept));
    if (live && next.until === null) query.set("live", "1");
    if (sort !== "newest") query.set("sort", sort);
    const to = query.size > 0 ? `?${query}` : "./";
    if (String(query) === String(params.peek())) again();
    else go(to);
  };
  const only = () => box && run(narrowedTo(search, box), box);
  const toggleLive = () => step({ live: live ? null : "1", endTs: null });
  useKeys({
    title: "Search",
    keys: [
      { key: "/", words: "find: the form", run: () => firstField.current?.focus() },
      { key: "1", words: "slowest first", run: () => setSort("slowest") },
      { key: "2", words: "newest first", run: () => setSort("newest") },
      { key: "3", words: "errors first", run: () => setSort("errors") },
      { key: "l", words: "live, not live", run: toggleLive },
      {
        key: "b",
        words: "a box in the picture: arrows move it, with Shift resize it, Enter searches in it",
        run: () => {
          heat.current?.focus();
          if (map && !box) setBox(middleBox(map));
        },
      },
      ...(box ? [{ key: "Escape", words: "take the box away", run: () => setBox(null) }] : []),
    ],
    told: [
      ["Enter", "in the form: search; in the list: open the trace"],
      ["ArrowUp", "row above, also k"],
      ["ArrowDown", "row below, also j"],
      ["Space", "choose a result; two can be compared"],
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
        misread={misread}
        onRun={run}
        first={firstField}
      />
      <Progress on={waiting} />
      {failure && misread === null && (
        <Fault
          {...wordsFor(failure)}
          action={
            <button type="button" onClick={again}>
              Try again
            </button>
          }
        />
      )}
      {found && (!failure || misread !== null) && (
        <div class={`page${waiting || misread !== null ? " stale" : ""}`} aria-busy={waiting}>
          {lost && <Fault {...wordsFor(lost)} />}
          <Facts search={search} found={found} summaries={summaries} />
          {summaries.length > 0 ? (
            <>
              {map && (
                <Heat
                  map={map}
                  traces={summaries.length}
                  box={box}
                  now={micros(found.asked * 1000)}
                  zone={zone.value}
                  field={heat}
                  onBox={setBox}
                  onMoveBox={moveBox}
                  onOnly={only}
                />
              )}
              <ResultsBar
                sort={sort}
                live={live}
                all={summaries.length}
                shown={box ? shown.length : null}
                partial={found.cursor !== null}
                chosen={chosen}
                onSort={setSort}
                onLive={toggleLive}
                onOnly={only}
                onAll={() => setBox(null)}
              />
              {shown.length > 0 ? (
                <ResultsTable
                  summaries={sorted(shown, sort)}
                  sort={sort}
                  look={look}
                  now={micros(found.asked * 1000)}
                  zone={zone.value}
                  chosen={chosen}
                  onChoose={(id) => choose(chosen, id)}
                  onMore={found.cursor === null ? null : more}
                />
              ) : (
                <Empty title="No trace is in the box">
                  <p>Move it by the arrow keys, draw another, or click beside it to see all.</p>
                </Empty>
              )}
            </>
          ) : (
            servicesKnown.value && <NothingFound search={search} services={services.value} onRun={run} />
          )}
        </div>
      )}
    </>
  );
}

/** Nobody wants a row to move from under the focus. */
const isAtResult = (): boolean => Boolean(document.activeElement?.closest(".results"));

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
