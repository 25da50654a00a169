/** Who calls whom, and where does it hurt. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/http";
import { getLinks } from "../api/zipkin";
import { type Link, MOST_DRAWN, mapOf, narrowed, readWindow } from "../model/map";
import { count, counted } from "../model/numbers";
import { LOOKBACKS, lookbackName, writeSearch } from "../model/search";
import { looksOf } from "../model/services";
import { Graph } from "../widgets/Graph";
import { useReady } from "../widgets/ready";
import { Empty, Fault, Progress } from "../widgets/states";
import { LinkTable } from "./LinkTable";
import { MapPanel } from "./MapPanel";
import { FindField } from "./FindField";
import { wordsFor } from "./failures";
import { useKeys } from "./keys";
import { params, step } from "./place";
import { services } from "./services";
import "../styles/map.css";

const setLookback = (lookback: number) =>
  step({
    lookback: writeSearch({ ...readWindow(new URLSearchParams()), lookback }).get("lookback"),
    endTs: null,
    endTime: null,
    startTs: null,
    startTime: null,
  });

export function MapPage() {
  const window = readWindow(params.value);
  const find = params.value.get("find") ?? "";
  const asTable = params.value.get("as") === "table";
  const selected = params.value.get("sel");
  const { links, failure, waiting, again } = useLinks(window.lookback, window.until);
  const look = useMemo(
    () => looksOf(new Set(links?.flatMap(({ parent, child }) => [parent, child])), services.value),
    [links, services.value],
  );
  const map = useMemo(
    () => mapOf(narrowed(links ?? [], find, look), look, new Set(services.value.map(({ name }) => name))),
    [links, find, look],
  );
  const field = useRef<HTMLInputElement>(null);
  const select = (id: string | null) => step({ sel: id === selected ? null : id });
  useKeys({
    title: "Map",
    keys: [
      { key: "/", words: "find a service", run: () => field.current?.focus() },
      { key: "t", words: "show as table or as map", run: () => step({ as: asTable ? null : "table" }) },
      ...(selected === null ? [] : [{ key: "Escape", words: "nothing selected", run: () => select(null) }]),
    ],
    told: [
      ["ArrowRight", "to a service that this one calls"],
      ["ArrowLeft", "to a service that calls this one"],
      ["ArrowUp", "above in the column"],
      ["ArrowDown", "below in the column"],
      ["Enter", "select"],
    ],
  });
  useEffect(() => {
    document.title = `Map, last ${lookbackName(window.lookback)} · clew`;
  }, [window.lookback]);
  const ready = useReady(links ?? failure);
  useEffect(() => {
    if ((links || failure) && !waiting) ready();
  });
  const tooMany = map.places.length > MOST_DRAWN;
  return (
    <>
      <h1 class="vh">Map</h1>
      <div class="split">
        <div class="main">
          <div class="toolbar">
            <select
              aria-label="Window"
              value={String(window.lookback)}
              onChange={(event) => setLookback(Number(event.currentTarget.value))}
            >
              {!LOOKBACKS.some(([ms]) => ms === window.lookback) && (
                <option value={String(window.lookback)}>{lookbackName(window.lookback)}</option>
              )}
              {LOOKBACKS.map(([ms, words]) => (
                <option key={ms} value={String(ms)}>
                  Last {words}
                </option>
              ))}
            </select>
            {links && (
              <span class="sm muted cut" role="status">
                {counted(map.places.length, "service")}, {counted(map.edges.length, "line")}
              </span>
            )}
            <span class="grow" />
            <span class="sm muted wide">
              width: calls · <span class="bad">red: errors</span>
            </span>
            <FindField label="Find service" hint="Find service" field={field} />
            <button
              type="button"
              class="plain tiny"
              aria-pressed={asTable}
              onClick={() => step({ as: asTable ? null : "table" })}
            >
              {asTable ? "As map" : "As table"}
            </button>
          </div>
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
          {links && (
            <div class={`page${waiting || failure ? " stale" : ""}`} aria-busy={waiting}>
              {map.edges.length === 0 ? (
                <Nothing find={find} lookback={window.lookback} />
              ) : asTable || tooMany ? (
                <>
                  {tooMany && (
                    <p class="found sm" role="status">
                      {count(map.places.length)} services are too many to draw. Find one to see it with those beside it.
                    </p>
                  )}
                  <LinkTable map={map} selected={selected} onSelect={select} />
                </>
              ) : (
                <div class="scroll">
                  <Graph map={map} selected={selected} onSelect={select} />
                </div>
              )}
            </div>
          )}
        </div>
        {links && map.edges.length > 0 && <MapPanel map={map} selected={selected} window={window} onSelect={select} />}
      </div>
    </>
  );
}

function Nothing({ find, lookback }: { find: string; lookback: number }) {
  if (find)
    return (
      <Empty
        title="No service has that name"
        actions={
          <button type="button" onClick={() => step({ find: null })}>
            Show all
          </button>
        }
      >
        <p>
          No call of the last {lookbackName(lookback)} is to or from <bdi class="mono">{find}</bdi>.
        </p>
      </Empty>
    );
  return (
    <Empty
      title="No calls in this window"
      actions={
        lookback < 86_400_000 && (
          <button type="button" onClick={() => setLookback(86_400_000)}>
            Show the last day
          </button>
        )
      }
    >
      <p>Edges appear as requests pass.</p>
    </Empty>
  );
}

/** Asks whenever the window is another; the old map stays until the new is there. */
function useLinks(lookback: number, until: number | null) {
  const [links, setLinks] = useState<readonly Link[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(true);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    setWaiting(true);
    void getLinks(until ?? Date.now(), lookback, control.signal).then((answer) => {
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setLinks(answer.value);
    });
    return () => control.abort();
  }, [lookback, until, tries]);
  return { links, failure, waiting, again: () => setTries(tries + 1) };
}
