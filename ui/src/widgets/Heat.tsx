/** Durations over time; a box drawn in it chooses traces. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Zone } from "../model/clock";
import { COLUMNS, type Box, type Heatmap, ROWS, boxOf, middleBox, nudged, placeAt } from "../model/heatmap";
import { counted, duration } from "../model/numbers";
import type { Micros } from "../model/span";
import { paint } from "./canvas";
import { themeVersion } from "./colours";
import { areaOf, drawHeat } from "./drawHeat";
import { useSize } from "./hooks";

const HEIGHT = 196;
/** A drag shorter than this is a click, which takes the box away. */
const CLICK = 4;

/** Right and up, in cells. */
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

export function Heat({
  map,
  traces,
  box,
  now,
  zone,
  field,
  onBox,
  onMoveBox,
  onOnly,
}: {
  map: Heatmap;
  /** How many it shows. */
  traces: number;
  box: Box | null;
  now: Micros;
  zone: Zone;
  field: RefObject<HTMLDivElement | null>;
  /** Null takes the box away. */
  onBox: (box: Box | null) => void;
  /** On the way: a key is pressed again and again. */
  onMoveBox: (box: Box) => void;
  onOnly: () => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width } = useSize(field);
  const [drag, setDrag] = useState<{ from: readonly [number, number]; to: readonly [number, number] } | null>(null);
  const version = themeVersion.value;
  const area = areaOf(width, HEIGHT);
  const shown = drag ? boxOf(map, drag.from, drag.to) : box;
  useLayoutEffect(() => {
    if (canvas.current && width > 0)
      paint(canvas.current, width, HEIGHT, (context) => drawHeat(context, map, shown, area, zone, now));
  }, [map, drag, box, width, zone, now, version]);

  /** From 0 to 1, to the right and up. */
  const place = (event: PointerEvent): readonly [number, number] => {
    const edge = canvas.current?.getBoundingClientRect();
    const [x, y] = [event.clientX - (edge?.left ?? 0) - area.left, event.clientY - (edge?.top ?? 0) - area.top];
    return [x / area.width, 1 - y / area.height];
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    canvas.current?.setPointerCapture(event.pointerId);
    setDrag({ from: place(event), to: place(event) });
  };
  const move = (event: PointerEvent) => {
    if (drag) setDrag({ ...drag, to: place(event) });
    else if (canvas.current) canvas.current.title = wordsAt(map, place(event));
  };
  const up = () => {
    if (!drag) return;
    const [dx, dy] = [(drag.to[0] - drag.from[0]) * area.width, (drag.to[1] - drag.from[1]) * area.height];
    onBox(Math.hypot(dx, dy) < CLICK ? null : boxOf(map, drag.from, drag.to));
    setDrag(null);
  };
  const keydown = (event: KeyboardEvent) => {
    const by = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (by) onMoveBox(box ? nudged(map, box, by, event.shiftKey) : middleBox(map));
    else if (event.key === "Escape" && box) onBox(null);
    else if (event.key === "Enter" && box) onOnly();
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={field}
      class="heat"
      role="group"
      tabIndex={0}
      aria-label={`Durations over time of ${counted(traces, "trace")}: arrows draw and move a box, with Shift they resize it, Enter searches for what is in it`}
      onKeyDown={keydown}
    >
      <canvas
        ref={canvas}
        aria-hidden="true"
        style={{ width: `${width}px`, height: `${HEIGHT}px` }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => setDrag(null)}
      />
    </div>
  );
}

/** `3 traces, 8.02 ms–10.1 ms`, of the cell there. */
function wordsAt(map: Heatmap, [x, y]: readonly [number, number]): string {
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return "";
  const row = Math.floor(y * ROWS);
  const here = map.counts[row * COLUMNS + Math.floor(x * COLUMNS)] ?? 0;
  const [, shortest] = placeAt(map, x, row / ROWS);
  const [, longest] = placeAt(map, x, (row + 1) / ROWS);
  return here > 0 ? `${counted(here, "trace")}, ${duration(shortest)}–${duration(longest)}` : "";
}
