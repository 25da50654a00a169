/** The bar above a drawing: which drawing, spans or calls, which stretch, what is looked for. */
import type { RefObject } from "preact";
import { count, counted, duration } from "../model/numbers";
import { type View, same } from "../model/scale";
import { micros } from "../model/span";
import { Segments } from "../widgets/Segments";
import { Tabs } from "../widgets/Tabs";
import type { Tab } from "./tracePlace";

const WORDS: readonly (readonly [Tab, string])[] = [
  ["waterfall", "Waterfall"],
  ["flame", "Flame"],
  ["table", "Table"],
  ["tree", "Tree"],
  ["map", "Map"],
];

export interface TraceBarProps {
  tab: Tab;
  /** Rows when hops are not folded, and when they are. */
  spans: number;
  calls: number;
  asCalls: boolean;
  view: View;
  limits: View;
  sought: string;
  /** Spans that match what is sought. */
  found: number;
  field: RefObject<HTMLInputElement | null>;
  onTab: (tab: Tab) => void;
  onCalls: (on: boolean) => void;
  onWhole: () => void;
  onFind: (text: string) => void;
  onNext: () => void;
  /** Null while the detail is shown. */
  onDetail: (() => void) | null;
}

export function TraceBar(props: TraceBarProps) {
  const { tab, spans, calls, asCalls, view, limits, sought, found, field } = props;
  return (
    <div class="toolbar">
      <Tabs label="Drawings of the trace" value={tab} options={WORDS} onChange={props.onTab} />
      {!same(view, limits) && (tab === "waterfall" || tab === "flame") && (
        <span class="row sm">
          <span class="muted wide cut">{`${duration(micros(view.from))} to ${duration(micros(view.to))}`}</span>
          <button type="button" class="plain tiny" onClick={props.onWhole}>
            Whole
          </button>
        </span>
      )}
      <span class="grow" />
      {sought && (
        <span class="sm muted cut" role="status">
          {counted(found, "span matches", "spans match")}
        </span>
      )}
      <input
        ref={field}
        type="search"
        placeholder="Find in trace  /"
        aria-label="Find in trace"
        value={sought}
        spellcheck={false}
        onInput={(event) => props.onFind(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") props.onNext();
        }}
      />
      {calls < spans && tab !== "map" && (
        <Segments
          label="Rows"
          value={asCalls ? "calls" : "spans"}
          options={[
            ["spans", `Spans ${count(spans)}`],
            ["calls", `Calls ${count(calls)}`],
          ]}
          onChange={(value) => props.onCalls(value === "calls")}
        />
      )}
      {props.onDetail && (
        <button type="button" class="plain tiny" onClick={props.onDetail}>
          Detail
        </button>
      )}
    </div>
  );
}
