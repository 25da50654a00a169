/** The bar above the waterfall: how many rows, which stretch, what is looked for. */
import type { RefObject } from "preact";
import { counted, duration } from "../model/numbers";
import { type View, same } from "../model/scale";
import { micros } from "../model/span";

export interface TraceBarProps {
  rows: number;
  view: View;
  limits: View;
  sought: string;
  /** Spans that match what is sought. */
  found: number;
  field: RefObject<HTMLInputElement | null>;
  onWhole: () => void;
  onFind: (text: string) => void;
  onNext: () => void;
  /** Null while the detail is shown. */
  onDetail: (() => void) | null;
}

export function TraceBar({
  rows,
  view,
  limits,
  sought,
  found,
  field,
  onWhole,
  onFind,
  onNext,
  onDetail,
}: TraceBarProps) {
  return (
    <div class="toolbar">
      <h2>Waterfall</h2>
      <span class="sm muted">{counted(rows, "row")}</span>
      {!same(view, limits) && (
        <span class="row sm">
          <span class="muted">{`${duration(micros(view.from))} to ${duration(micros(view.to))}`}</span>
          <button type="button" class="plain tiny" onClick={onWhole}>
            Whole
          </button>
        </span>
      )}
      <span class="grow" />
      {sought && (
        <span class="sm muted" role="status">
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
        onInput={(event) => onFind(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onNext();
        }}
      />
      {onDetail && (
        <button type="button" class="plain tiny" onClick={onDetail}>
          Detail
        </button>
      )}
    </div>
  );
}
