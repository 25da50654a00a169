/** The whole trace in small with the stretch in view, and the axis below it. Dragging on either chooses a stretch. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type LookUp, labelOf } from "../model/label";
import { tick } from "../model/numbers";
import { type View, at, between, same, whole, x } from "../model/scale";
import type { Trace } from "../model/tree";
import { fill, paint } from "./canvas";
import { colour, themeVersion } from "./colours";
import { axisTicks } from "./drawBars";
import { hueOf } from "./marks";

const HEIGHT = 60;
const AXIS = 20;
const MINI = HEIGHT - AXIS;
/** A drag shorter than this is a click. */
const CLICK = 4;

export function Timeline({
  column,
  trace,
  look,
  view,
  width,
  onView,
}: {
  /** The column that it fills, whose width the bars share. */
  column: RefObject<HTMLDivElement | null>;
  trace: Trace;
  look: LookUp;
  view: View;
  width: number;
  onView: (view: View) => void;
}) {
  const small = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number; scale: View } | null>(null);
  const limits = whole(trace.extent);
  const version = themeVersion.value;

  // All spans are drawn once per trace, size and theme; zooming redraws what lies over them only.
  useLayoutEffect(() => {
    if (small.current && width > 0)
      paint(small.current, width, HEIGHT, (context) => drawSmall(context, trace, look, limits, width));
  }, [trace, look, width, version]);
  useEffect(() => {
    if (above.current && width > 0)
      paint(above.current, width, HEIGHT, (context) => {
        drawAxis(context, view, width);
        if (!same(view, limits)) drawWindow(context, x(limits, width, view.from), x(limits, width, view.to), width);
        if (drag) drawDrag(context, x(drag.scale, width, drag.from), x(drag.scale, width, drag.to));
      });
  }, [view, width, drag, version, limits.to]);

  const moment = (event: PointerEvent, scale: View) =>
    at(scale, width, event.clientX - (above.current?.getBoundingClientRect().left ?? 0));
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || !above.current) return;
    const scale = event.clientY - above.current.getBoundingClientRect().top < MINI ? limits : view;
    above.current.setPointerCapture(event.pointerId);
    const from = moment(event, scale);
    setDrag({ from, to: from, scale });
  };
  const move = (event: PointerEvent) => {
    if (drag) setDrag({ ...drag, to: moment(event, drag.scale) });
  };
  const up = () => {
    if (drag && Math.abs(x(drag.scale, width, drag.to) - x(drag.scale, width, drag.from)) >= CLICK)
      onView(between(drag.from, drag.to, limits));
    setDrag(null);
  };
  return (
    <div
      ref={column}
      class="time"
      aria-hidden="true"
      title="Drag to zoom, double click for the whole"
      onDblClick={() => onView(limits)}
    >
      <canvas ref={small} />
      <canvas
        ref={above}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => setDrag(null)}
      />
    </div>
  );
}

function drawSmall(
  context: CanvasRenderingContext2D,
  { nodes }: Trace,
  look: LookUp,
  limits: View,
  width: number,
): void {
  const step = Math.min(3, (MINI - 6) / Math.max(1, nodes.length));
  const bar = (i: number, token: string) => {
    const node = nodes[i];
    if (!node) return;
    const left = x(limits, width, node.start);
    fill(context, token, left, 4 + i * step, Math.max(1, x(limits, width, node.end) - left), Math.max(0.8, step - 0.4));
  };
  nodes.forEach((node, i) => {
    if (node.kind === "missing") return;
    const { mark, mesh } = labelOf(node, look);
    bar(i, mesh ? "mesh" : hueOf(mark));
  });
  // Errors last: where rows share a pixel, the error is what must be seen.
  nodes.forEach((node, i) => {
    if (node.error !== null) bar(i, "error");
  });
}

function drawAxis(context: CanvasRenderingContext2D, view: View, width: number): void {
  fill(context, "line", 0, MINI, width, 1);
  context.textBaseline = "middle";
  for (const moment of axisTicks(view, width)) {
    const left = x(view, width, moment);
    fill(context, "line", Math.round(left), MINI, 1, AXIS);
    context.fillStyle = colour("ink-3");
    const label = tick(moment);
    if (left + 4 + context.measureText(label).width < width) context.fillText(label, left + 4, MINI + AXIS / 2 + 1);
  }
}

function drawWindow(context: CanvasRenderingContext2D, left: number, right: number, width: number): void {
  context.globalAlpha = 0.72;
  fill(context, "chrome", 0, 0, left, MINI);
  fill(context, "chrome", right, 0, width - right, MINI);
  context.globalAlpha = 1;
  fill(context, "ink", left, 0, 1, MINI);
  fill(context, "ink", right - 1, 0, 1, MINI);
}

function drawDrag(context: CanvasRenderingContext2D, a: number, b: number): void {
  context.globalAlpha = 0.12;
  fill(context, "ink", Math.min(a, b), 0, Math.abs(b - a), HEIGHT);
  context.globalAlpha = 1;
  fill(context, "ink", a, 0, 1, HEIGHT);
  fill(context, "ink", b, 0, 1, HEIGHT);
}
