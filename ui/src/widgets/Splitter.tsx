/** The edge between two columns, which can be dragged or moved by arrow keys. */
import { useState } from "preact/hooks";
import type { Column } from "./settings";

/** One press of an arrow. */
const STEP = 16;

/** `grows` is the direction in which the column gets wider. */
export function Splitter({ column, label, grows }: { column: Column; label: string; grows: "left" | "right" }) {
  const [drag, setDrag] = useState<{ readonly x: number; readonly width: number } | null>(null);
  const { width, least, most } = column;
  const sign = grows === "right" ? 1 : -1;
  const resize = (to: number) => {
    width.value = Math.round(Math.max(least, Math.min(most, to)));
  };
  const down = (event: PointerEvent) => {
    if (!(event.currentTarget instanceof Element)) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ x: event.clientX, width: column.shown() });
  };
  const move = (event: PointerEvent) => {
    if (drag) resize(drag.width + sign * (event.clientX - drag.x));
  };
  const keydown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    resize(column.shown() + sign * by);
  };
  return (
    <div
      class={`splitter ${grows}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      tabIndex={0}
      aria-valuenow={column.shown()}
      aria-valuemin={least}
      aria-valuemax={most}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => setDrag(null)}
      onPointerCancel={() => setDrag(null)}
      onKeyDown={keydown}
    />
  );
}
