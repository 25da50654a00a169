/** What a search finds, and more of it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/http";
import { getTraces } from "../api/zipkin";
import { type Search, apiParams, mistakeIn, writeSearch } from "../model/search";
import type { Span } from "../model/span";
import type { Sort } from "../model/summary";
import { usePolling } from "../widgets/poll";
import { readServices } from "./services";

export interface Found {
  readonly traces: readonly (readonly Span[])[];
  /** Asks for those that come after; null when there are no more. */
  readonly cursor: string | null;
  readonly tookMs: number;
  /** When it was asked, epoch milliseconds. */
  readonly asked: number;
}

/** The server's word on a search in words that it cannot read, `1:12: expected …`; null when that is not the trouble. */
export function mistakeInWords(failure: Failure | null): string | null {
  const [, words] =
    failure?.kind === "refused" && failure.status === 400 ? (/^q: (.+)/s.exec(failure.message) ?? []) : [];
  return words ?? null;
}

/** Between two questions while results are live. */
const LIVE_MS = 1000;

/**
 * Asks whenever the address says something else; what was found stays until the new is there. `live` asks again and again,
 * not while the page is hidden, nor while `held` says that somebody is at a result.
 */
export function useFound(search: Search, sort: Sort, live: boolean, held: () => boolean) {
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(true);
  const [tries, setTries] = useState(0);
  /** Ends what was asked for another address. */
  const asking = useRef<AbortController | null>(null);
  const query = String(writeSearch(search));
  useEffect(() => {
    if (mistakeIn(search)) {
      setWaiting(false);
      return undefined;
    }
    const control = new AbortController();
    const asked = Date.now();
    asking.current = control;
    setWaiting(true);
    void getTraces(asFor(search, sort, asked), control.signal).then((answer) => {
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setFound({ traces: answer.value, cursor: answer.cursor, tookMs: answer.tookMs, asked });
    });
    return () => control.abort();
  }, [query, sort, tries]);
  const [lost, setLost] = useState<Failure | null>(null);
  usePolling(
    async (signal) => {
      if (held()) return;
      const asked = Date.now();
      const answer = await getTraces(asFor(search, sort, asked), signal);
      if (!answer) return;
      setLost(answer.ok ? null : answer.failure);
      if (answer.ok && !held()) setFound({ traces: answer.value, cursor: answer.cursor, tookMs: answer.tookMs, asked });
    },
    LIVE_MS,
    live && found !== null && failure === null && !waiting && mistakeIn(search) === null,
  );
  const more = () => {
    if (!found?.cursor || !asking.current) return;
    const question = asFor(search, sort, found.asked);
    question.set("cursor", found.cursor);
    setWaiting(true);
    void getTraces(question, asking.current.signal).then((answer) => {
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setFound({ ...found, traces: [...found.traces, ...answer.value], cursor: answer.cursor });
    });
  };
  const again = () => {
    setTries(tries + 1);
    void readServices();
  };
  return { found, failure, lost: live ? lost : null, waiting, again, more };
}

/** The server sorts, over all that match; those that cannot leave it out. */
function asFor(search: Search, sort: Sort, now: number): URLSearchParams {
  const question = apiParams(search, now);
  if (sort !== "newest") question.set("sort", sort);
  return question;
}
