/** The rows of a trace: names as a treegrid of which only the visible part exists, bars on one canvas beside them. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type LookUp, labelOf } from "../model/label";
import { type Row, foldable, nodeOf } from "../model/rows";
import { type View, at, pan, whole, zoom } from "../model/scale";
import type { Node, Trace } from "../model/tree";
import { Legend } from "./Legend";
import { SpanRow } from "./SpanRow";
import { Splitter } from "./Splitter";
import { Timeline } from "./Timeline";
import { paint } from "./canvas";
import { themeVersion } from "./colours";
import { ROW, drawBars } from "./drawBars";
import { useSize } from "./hooks";
import { useReady } from "./ready";
import { namesColumn } from "./settings";

/** Rows beyond each edge, so that scrolling finds them there. */
const BEYOND = 12;
const INDENT = 8;
/** The share of the names that the deepest level may use up. */
const DEEPEST = 0.4;

export interface WaterfallProps {
  trace: Trace;
  rows: readonly Row[];
  look: LookUp;
  view: View;
  /** Key of the row that is chosen and that arrows start from. */
  current: string;
  found: ReadonlySet<Node>;
  /** Another stretch, chosen at once. */
  onView: (view: View) => void;
  /** Another stretch, on the way: the wheel turns. */
  onMoveView: (view: View) => void;
  onCurrent: (row: Row, how: "move" | "open") => void;
  onFold: (row: Row) => void;
}

export function Waterfall(props: WaterfallProps) {
  const { trace, rows, look, view, current, found, onView, onMoveView, onCurrent, onFold } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const names = useRef<HTMLSpanElement>(null);
  const size = useSize(scroller);
  const column = useSize(names);
  const time = useRef<HTMLDivElement>(null);
  const { width } = useSize(time);
  const [scrolled, setScrolled] = useState(0);
  const version = themeVersion.value;
  const ready = useReady(trace);

  const signs = useMemo(
    () => ({
      mesh: trace.nodes.some((node) => node.kind === "span" && labelOf(node, look).mesh),
      errors: trace.nodes.some((node) => node.error !== null),
    }),
    [trace, look],
  );

  const shown = Math.max(1, Math.ceil(size.height / ROW));
  const first = Math.max(0, Math.min(Math.floor(scrolled / ROW), rows.length - shown) - BEYOND);
  const last = Math.min(rows.length, first + shown + 2 * BEYOND);
  const chosen = Math.max(
    0,
    rows.findIndex((row) => row.key === current),
  );
  const deepest = rows.slice(first, last).reduce((most, row) => Math.max(most, row.depth), 1);
  const step = Math.min(INDENT, (column.width * DEEPEST) / deepest);

  useLayoutEffect(() => {
    if (!canvas.current || width <= 0) return;
    paint(canvas.current, width, (last - first) * ROW, (context) =>
      drawBars(context, rows.slice(first, last), look, view, width),
    );
    ready();
  }, [rows, first, last, look, view, width, version]);

  // The chosen row is always in the window of rows that exist, and in sight.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || size.height === 0) return;
    const top = chosen * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + size.height) element.scrollTop = top + ROW - size.height;
  }, [current, size.height > 0]);
  // Focus follows a key as soon as its row is the chosen one, which may be a few renders later.
  const focusNext = useRef("");
  useLayoutEffect(() => {
    if (focusNext.current === "" || focusNext.current !== rows[chosen]?.key) return;
    focusNext.current = "";
    scroller.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus({ preventScroll: true });
  });

  const move = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row) {
      focusNext.current = row.key;
      onCurrent(row, "move");
    }
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(chosen + 1),
    j: () => move(chosen + 1),
    ArrowUp: () => move(chosen - 1),
    k: () => move(chosen - 1),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    PageDown: () => move(chosen + shown - 1),
    PageUp: () => move(chosen - shown + 1),
    ArrowRight: () => {
      const row = rows[chosen];
      if (row && foldable(row)) {
        if (row.folded) onFold(row);
        else move(chosen + 1);
      }
    },
    ArrowLeft: () => {
      const row = rows[chosen];
      if (row && foldable(row) && !row.folded) onFold(row);
      else move(above(rows, chosen));
    },
    Enter: () => {
      const row = rows[chosen];
      if (row) onCurrent(row, "open");
    },
  };
  const keydown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  };
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const limits = whole(trace.extent);
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    const amount = event.deltaY || event.deltaX;
    onMoveView(
      event.ctrlKey
        ? zoom(view, limits, Math.exp(amount / 300), at(view, width, event.clientX - left))
        : pan(view, limits, amount / 800),
    );
  };

  const visible = rows.slice(first, last).map((row, i) => [row, first + i] as const);
  const kept = rows[chosen];
  const list = kept && (chosen < first || chosen >= last) ? [...visible, [kept, chosen] as const] : visible;
  return (
    <div class="fall">
      <div class="heads" style={{ paddingRight: `${size.scrollbar}px` }}>
        <Legend {...signs} />
        <span class="first" ref={names}>
          Span
        </span>
        <span class="num">Duration</span>
        <Splitter column={namesColumn} label="Width of the names" grows="right" />
        <Timeline column={time} trace={trace} look={look} view={view} width={width} onView={onView} />
      </div>
      <div class="spans" ref={scroller} onScroll={() => setScrolled(scroller.current?.scrollTop ?? 0)} onWheel={wheel}>
        <div
          class="extent"
          role="treegrid"
          aria-label="Spans of this trace"
          aria-rowcount={rows.length}
          style={{ height: `${rows.length * ROW}px` }}
          onKeyDown={keydown}
        >
          {list.map(([row, index]) => (
            <SpanRow
              key={row.key}
              row={row}
              index={index}
              look={look}
              step={step}
              selected={index === chosen}
              stop={index === chosen}
              found={isFound(row, found)}
              onSelect={() => onCurrent(row, "open")}
              onFold={() => onFold(row)}
            />
          ))}
          <canvas
            ref={canvas}
            aria-hidden="true"
            style={{ top: `${first * ROW}px`, width: `${width}px`, height: `${(last - first) * ROW}px` }}
          />
        </div>
      </div>
    </div>
  );
}

/** The row one level up. */
function above(rows: readonly Row[], index: number): number {
  const depth = rows[index]?.depth ?? 0;
  for (let i = index - 1; i >= 0; i--) if ((rows[i]?.depth ?? 0) < depth) return i;
  return index;
}

const isFound = (row: Row, found: ReadonlySet<Node>): boolean => {
  const node = nodeOf(row);
  return node !== undefined && found.has(node);
};
