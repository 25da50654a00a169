/** What happened in one request. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/http";
import { getTrace } from "../api/zipkin";
import { looksOf } from "../model/services";
import { serviceOf } from "../model/span";
import { type Clocks, readClocks } from "../model/skew";
import { rootOf } from "../model/tree";
import { useReady } from "../widgets/ready";
import { Empty, Fault, Progress } from "../widgets/states";
import { TraceView } from "./TraceView";
import { wordsFor } from "./failures";
import { services } from "./services";

export function TracePage({ id }: { id: string }) {
  const { clocks, failure, waiting, again } = useTrace(id);
  const trace = clocks?.raw;
  const look = useMemo(() => looksOf(new Set(trace?.spans.map(serviceOf)), services.value), [trace, services.value]);
  useEffect(() => {
    if (!trace) document.title = `trace ${id} · clew`;
  }, [id, trace]);
  const ready = useReady(failure);
  useEffect(() => {
    if (failure) ready();
  });
  const lookAgain = (
    <button type="button" class="primary" onClick={again}>
      Look again
    </button>
  );
  const lost = failure?.kind === "notFound" && !trace;
  return (
    <>
      <Progress on={waiting} />
      {!trace && <h1 class="vh">Trace {id}</h1>}
      {failure && !lost && <Fault {...wordsFor(failure)} action={lookAgain} />}
      {lost && (
        <Empty
          title={
            <>
              No trace <bdi class="mono">{id}</bdi>
            </>
          }
          actions={lookAgain}
        >
          <p>It may have been dropped by sampling, be older than what is kept, or still be on its way.</p>
        </Empty>
      )}
      {trace &&
        (rootOf(trace) ? (
          <TraceView clocks={clocks} look={look} stale={waiting} onAgain={again} />
        ) : (
          <Empty title="This trace has no spans" actions={lookAgain} />
        ))}
    </>
  );
}

/** The trace of that id, once; `again` asks anew, since spans may still arrive. */
function useTrace(id: string) {
  const [clocks, setClocks] = useState<Clocks | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(true);
  const [tries, setTries] = useState(0);
  const shown = useRef(id);
  useEffect(() => {
    const control = new AbortController();
    if (shown.current !== id) {
      setClocks(null);
      setFailure(null);
    }
    shown.current = id;
    setWaiting(true);
    void getTrace(id, control.signal).then((answer) => {
      if (!answer) return;
      setWaiting(false);
      setFailure(answer.ok ? null : answer.failure);
      if (answer.ok) setClocks(readClocks(answer.value));
    });
    return () => control.abort();
  }, [id, tries]);
  return { clocks, failure, waiting, again: () => setTries(tries + 1) };
}
