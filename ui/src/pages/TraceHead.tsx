/** What stands above the drawing of a trace: its facts, and the answer in words. */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { answerOf } from "../model/answer";
import { fullClock, zoneName } from "../model/clock";
import type { LookUp } from "../model/label";
import { count, counted, duration } from "../model/numbers";
import { micros } from "../model/span";
import { requestLabel } from "../model/summary";
import { type Node, type Trace, durationOf, serviceOfNode } from "../model/tree";
import { linkFor } from "../model/uiConfig";
import { Swatch } from "../widgets/marks";
import { zone } from "../widgets/settings";
import { copy } from "../widgets/states";
import { Archive } from "./Archive";
import { config } from "./config";
import { here } from "./place";

export function TraceHead({
  trace,
  root,
  look,
  onAgain,
  onCompare,
  children,
}: {
  trace: Trace;
  root: Node;
  look: LookUp;
  /** Asks the server anew; null for a trace that none has. */
  onAgain: (() => void) | null;
  /** Asks with which trace; null where one is compared with. */
  onCompare: (() => void) | null;
  /** What else belongs to the facts. */
  children: ComponentChildren;
}) {
  const { alias, operation, mark, service } = requestLabel(root, look);
  const spans = trace.nodes.filter((node) => node.kind === "span");
  const names = new Set(
    spans
      .map(serviceOfNode)
      .filter((name) => name && look(name).mark.kind !== "router")
      .map((name) => look(name).alias),
  );
  const start = micros(trace.start + root.start);
  const logs = linkFor(config.value?.logsUrl ?? null, trace.id);
  return (
    <div class="head row">
      <div class="grow">
        <h1 class="row">
          <Swatch mark={mark} />
          <bdi class="alias cut" title={service}>
            {alias}
          </bdi>{" "}
          <bdi class="soft cut normal" title={operation}>
            {operation}
          </bdi>
        </h1>
        <p class="sm muted cut">
          {trace.start > 0 && (
            <>
              <span title={zoneName(zone.value)}>{fullClock(start, zone.value)}</span> ·{" "}
            </>
          )}
          {duration(trace.missing > 0 ? trace.extent : durationOf(root))} · {counted(spans.length, "span")}
          {spans.length !== trace.spans.length && ` (${count(trace.spans.length)} reports)`} ·{" "}
          {counted(names.size, "service")} · trace <bdi class="mono">{trace.id}</bdi>
        </p>
        {children}
      </div>
      {logs && (
        <a class="sm" href={logs} target="_blank" rel="noreferrer">
          Logs
        </a>
      )}
      <Archive key={trace.id} trace={trace} root={root} />
      {onCompare && (
        <button type="button" onClick={onCompare}>
          Compare…
        </button>
      )}
      {onAgain && (
        <button type="button" title="Spans may still be on their way" onClick={onAgain}>
          Look again
        </button>
      )}
      {onAgain && (
        <button type="button" onClick={() => void copy(here(), "Link")}>
          Copy link
        </button>
      )}
      <button type="button" onClick={() => download(trace)}>
        Download
      </button>
    </div>
  );
}

export function AnswerSection({ trace, look }: { trace: Trace; look: LookUp }) {
  const { headline, notes } = useMemo(() => answerOf(trace, look), [trace, look]);
  return (
    <section class="explain" aria-label="Explanation">
      <h2>{headline}</h2>
      {notes.length > 0 && <p class="sm muted">{notes.join(" ")}</p>}
    </section>
  );
}

/** The spans as they were reported, as Zipkin's API gave them. */
function download({ spans, id }: Trace): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(spans)], { type: "application/json" }));
  link.download = `${id}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
