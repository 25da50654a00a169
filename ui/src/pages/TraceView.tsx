/** A trace that is there: its facts, the answer, the waterfall, one span in detail. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { answerOf } from "../model/answer";
import { fullClock, zoneName } from "../model/clock";
import { find } from "../model/find";
import { type LookUp } from "../model/label";
import { count, counted, duration } from "../model/numbers";
import { type Row, nodeOf, reveal, rowOf, rowsOf, toggle } from "../model/rows";
import { type View, between, same, whole } from "../model/scale";
import type { Clocks } from "../model/skew";
import { micros } from "../model/span";
import { requestLabel } from "../model/summary";
import { type Node, type Trace, durationOf, rootOf, serviceOfNode } from "../model/tree";
import { Splitter } from "../widgets/Splitter";
import { SpanPanel } from "../widgets/SpanPanel";
import { Waterfall } from "../widgets/Waterfall";
import { Swatch } from "../widgets/marks";
import { sidePanel, zone } from "../widgets/settings";
import { copy } from "../widgets/states";
import { Archive } from "./Archive";
import { ClocksApart } from "./ClocksApart";
import { useKeys } from "./keys";
import { TraceBar } from "./TraceBar";
import { change, here, params, step } from "./place";
import { traceKeys } from "./traceKeys";
import { useHeldZoom } from "./useHeldZoom";
import { AS_BUILT, linkFor } from "../model/uiConfig";
import { config, searchLink } from "./config";

/** Below this width the panel would cover the rows, so it waits to be asked for. */
const ROOM_FOR_PANEL = 1100;

export function TraceView({
  clocks,
  look,
  stale,
  file = null,
  onAgain,
}: {
  clocks: Clocks;
  look: LookUp;
  stale: boolean;
  /** The file that it was read from; null for a trace that the server has. */
  file?: string | null;
  /** Asks the server anew; null for a trace that none has. */
  onAgain: (() => void) | null;
}) {
  const raw = params.value.has("raw");
  const trace = raw ? clocks.raw : clocks.adjusted;
  const [panel, setPanel] = useState(innerWidth >= ROOM_FOR_PANEL);
  const findField = useRef<HTMLInputElement>(null);
  const { folds, view, limits, span, sought } = usePlace(trace);
  const rows = useMemo(() => rowsOf(trace.roots, folds), [trace, folds]);
  const found = useMemo(() => new Set(find(trace, look, sought)), [trace, look, sought]);
  const currentRow = useMemo(() => rowNamed(trace, rows, span), [trace, rows, span]);
  const node = currentRow && nodeOf(currentRow);
  const setView = (next: View) => step(viewParams(next, limits));
  const moveView = (next: View) => change(viewParams(next, limits));
  const select = (row: Row, how: "move" | "open") => {
    change({ span: row.key });
    if (how === "open") setPanel(true);
  };
  const jump = (to: Node) => change({ span: to.key, fold: [...reveal(trace.roots, folds, to)].join(",") });
  const held = useHeldZoom(view, limits, moveView);
  useKeys(
    traceKeys({
      trace,
      node,
      limits,
      folds,
      panel,
      setView,
      setFolds,
      setPanel,
      jump,
      held,
      focusFind: () => findField.current?.select(),
    }),
  );
  const root = rootOf(trace);
  useTitle(trace, root, look);
  if (!root || !node) return null;

  return (
    <div class={`page${stale ? " stale" : ""}`} aria-busy={stale}>
      <Head trace={trace} root={root} look={look} onAgain={onAgain}>
        {file !== null && (
          <p class="sm muted cut">
            Read from <bdi>{file}</bdi>; nothing of it was sent to the server.
          </p>
        )}
        {clocks.apart.length > 0 && <ClocksApart apart={clocks.apart} raw={raw} look={look} />}
      </Head>
      <AnswerSection trace={trace} look={look} />
      <div class="split">
        <div class="main">
          <TraceBar
            rows={rows.length}
            view={view}
            limits={limits}
            sought={sought}
            found={found.size}
            field={findField}
            onWhole={() => setView(limits)}
            onFind={(text) => change({ find: text })}
            onNext={() => nextFound(trace, found, node, jump)}
            onDetail={panel ? null : () => setPanel(true)}
          />
          <Waterfall
            trace={trace}
            rows={rows}
            look={look}
            view={view}
            current={currentRow.key}
            found={found}
            onView={setView}
            onMoveView={moveView}
            onCurrent={select}
            onFold={(row) => setFolds(toggle(folds, row.key))}
          />
        </div>
        {panel && <Splitter column={sidePanel} label="Width of the detail" grows="left" />}
        {panel && (
          <SpanPanel
            trace={trace}
            node={node}
            look={look}
            zone={zone.value}
            likeThis={config.value?.searchEnabled ? likeThis : null}
            onClose={() => setPanel(false)}
          />
        )}
      </div>
    </div>
  );
}

const likeThis = (service: string, operation: string): string =>
  searchLink({ ...(config.peek() ?? AS_BUILT).search, service, operation });

/** The row of that key, or the one in which it is folded away; the first when there is none. */
function rowNamed(trace: Trace, rows: readonly Row[], key: string): Row | undefined {
  const there = rows.find((row) => row.key === key);
  if (there) return there;
  const hidden = trace.nodes.find((node) => node.key === key);
  return (hidden && rows[rowOf(rows, hidden)]) ?? rows[0];
}

/** The whole needs no parameters. */
const viewParams = (view: View, limits: View) =>
  same(view, limits)
    ? { from: null, to: null }
    : { from: String(Math.round(view.from)), to: String(Math.round(view.to)) };

/** What the address says of this trace. */
function usePlace(trace: Trace) {
  const query = params.value;
  const [fold, from, to] = [query.get("fold") ?? "", query.get("from"), query.get("to")];
  const folds = useMemo(() => new Set(fold.split(",").filter(Boolean)), [fold]);
  const limits = useMemo(() => whole(trace.extent), [trace]);
  const view = useMemo(() => {
    const [a, b] = [Number(from ?? NaN), Number(to ?? NaN)];
    return a < b ? between(a, b, limits) : limits;
  }, [from, to, limits]);
  return { folds, view, limits, span: query.get("span") ?? "", sought: query.get("find") ?? "" };
}

const setFolds = (folds: ReadonlySet<string>) => change({ fold: [...folds].join(",") });

function Head({
  trace,
  root,
  look,
  onAgain,
  children,
}: {
  trace: Trace;
  root: Node;
  look: LookUp;
  /** Asks the server anew; null for a trace that none has. */
  onAgain: (() => void) | null;
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

function AnswerSection({ trace, look }: { trace: Trace; look: LookUp }) {
  const { headline, notes } = useMemo(() => answerOf(trace, look), [trace, look]);
  return (
    <section class="explain" aria-label="Explanation">
      <h2>{headline}</h2>
      {notes.length > 0 && <p class="sm muted">{notes.join(" ")}</p>}
    </section>
  );
}

function useTitle(trace: Trace, root: Node | undefined, look: LookUp): void {
  useEffect(() => {
    if (!root) return;
    const { alias, operation } = requestLabel(root, look);
    document.title = `${alias} ${operation}, ${duration(durationOf(root))} · clew`;
  }, [trace, root, look]);
}

/** The next match after the chosen row, and round to the first. */
function nextFound(trace: Trace, found: ReadonlySet<Node>, from: Node, jump: (node: Node) => void): void {
  const at = trace.nodes.indexOf(from);
  const next = [...trace.nodes.slice(at + 1), ...trace.nodes.slice(0, at + 1)].find((node) => found.has(node));
  if (next) jump(next);
}

/** The spans as they were reported, as Zipkin's API gave them. */
function download({ spans, id }: Trace): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(spans)], { type: "application/json" }));
  link.download = `${id}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
