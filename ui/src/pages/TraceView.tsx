/** A trace that is there: its facts, the answer, a drawing of it, one span in detail. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { callsOf } from "../model/calls";
import { find } from "../model/find";
import { type LookUp } from "../model/label";
import { duration } from "../model/numbers";
import { type Row, nodeOf, reveal, rowsOf, toggle } from "../model/rows";
import type { View } from "../model/scale";
import type { Clocks } from "../model/skew";
import { requestLabel } from "../model/summary";
import { type Node, type Trace, durationOf, rootOf } from "../model/tree";
import { AS_BUILT } from "../model/uiConfig";
import { Splitter } from "../widgets/Splitter";
import { SpanPanel } from "../widgets/SpanPanel";
import { Waterfall } from "../widgets/Waterfall";
import { sidePanel, zone } from "../widgets/settings";
import { ClocksApart } from "./ClocksApart";
import { Later } from "./Later";
import { TraceBar } from "./TraceBar";
import { AnswerSection, TraceHead } from "./TraceHead";
import { config, searchLink } from "./config";
import { useKeys } from "./keys";
import { change, params, step } from "./place";
import { traceKeys } from "./traceKeys";
import { rowNamed, setCalls, setFolds, setTab, usePlace, viewParams } from "./tracePlace";
import { useHeldZoom } from "./useHeldZoom";

/** Below this width the panel would cover the rows, so it waits to be asked for. */
const ROOM_FOR_PANEL = 1100;

/** More rows than these are too many to open with when some can be folded. */
const FEW = 40;

const loadDrawings = () => import("./drawings/Drawings").then(({ Drawing }) => Drawing);
const loadCompare = () => import("./drawings/Compare").then(({ Compare }) => Compare);

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
  const [asking, setAsking] = useState(false);
  const findField = useRef<HTMLInputElement>(null);
  const place = usePlace(trace);
  const [linked] = useState(place.span);
  const { folds, view, limits, sought, tab, other } = place;
  const calls = useMemo(() => callsOf(trace, look), [trace, look]);
  const asCalls = calls.nodes.length < trace.nodes.length && (place.calls ?? opensFolded(trace, calls, linked));
  const shown = asCalls ? calls : trace;
  const rows = useMemo(() => rowsOf(shown.roots, folds), [shown, folds]);
  const found = useMemo(() => new Set(find(shown, look, sought)), [shown, look, sought]);
  const currentRow = useMemo(() => rowNamed(shown, rows, place.span), [shown, rows, place.span]);
  const node = currentRow && nodeOf(currentRow);
  const setView = (next: View) => step(viewParams(next, limits));
  const moveView = (next: View) => change(viewParams(next, limits));
  const open = (key: string) => {
    change({ span: key });
    setPanel(true);
  };
  const select = (row: Row, how: "move" | "open") => (how === "open" ? open(row.key) : change({ span: row.key }));
  const jump = (to: Node) => change({ span: to.key, fold: [...reveal(shown.roots, folds, to)].join(",") });
  const held = useHeldZoom(view, limits, moveView);
  const showCalls = (on: boolean) => setCalls(on, trace, calls, place.span);
  useKeys(
    traceKeys({
      trace: shown,
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
      setTab,
      toggleCalls: calls.nodes.length < trace.nodes.length ? () => showCalls(!asCalls) : null,
      compare: onAgain && (() => setAsking(true)),
    }),
  );
  const root = rootOf(trace);
  useTitle(trace, root, look);
  if (!root || !node) return null;

  return (
    <div class={`page${stale ? " stale" : ""}`} aria-busy={stale}>
      <TraceHead
        trace={trace}
        root={root}
        look={look}
        onAgain={onAgain}
        onCompare={onAgain && !asking && other === "" ? () => setAsking(true) : null}
      >
        {file !== null && (
          <p class="sm muted cut">
            Read from <bdi>{file}</bdi>; nothing of it was sent to the server.
          </p>
        )}
        {clocks.apart.length > 0 && <ClocksApart apart={clocks.apart} raw={raw} look={look} />}
      </TraceHead>
      <AnswerSection trace={trace} look={look} />
      <div class="split">
        {asking || other !== "" ? (
          <div class="main">
            <Later
              load={loadCompare}
              props={{
                trace: shown,
                calls: asCalls,
                raw,
                id: other,
                look,
                onOpen: open,
                onEnd: () => setAsking(false),
              }}
            />
          </div>
        ) : (
          <div class="main">
            <TraceBar
              tab={tab}
              spans={trace.nodes.length}
              calls={calls.nodes.length}
              asCalls={asCalls}
              view={view}
              limits={limits}
              sought={sought}
              found={found.size}
              field={findField}
              onTab={setTab}
              onCalls={showCalls}
              onWhole={() => setView(limits)}
              onFind={(text) => change({ find: text })}
              onNext={() => nextFound(shown, found, node, jump)}
              onDetail={panel ? null : () => setPanel(true)}
            />
            {tab === "waterfall" ? (
              <Waterfall
                trace={shown}
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
            ) : (
              <Later
                load={loadDrawings}
                props={{
                  tab,
                  trace: shown,
                  calls,
                  look,
                  view,
                  node,
                  found,
                  onView: setView,
                  onChoose: jump,
                  onOpen: open,
                }}
              />
            )}
          </div>
        )}
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

/** Where the address does not say: not when the span that it names would be folded away. */
const opensFolded = (trace: Trace, calls: Trace, linked: string): boolean =>
  trace.nodes.length > FEW && (linked === "" || calls.nodes.some(({ key }) => key === linked));

const likeThis = (service: string, operation: string): string =>
  searchLink({ ...(config.peek() ?? AS_BUILT).search, service, operation });

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
