/** Where the time went, callers above what they call, on a canvas. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Flame as Lanes, nodeAt } from "../../model/flame";
import { type LookUp, labelOf, sentenceOf } from "../../model/label";
import { type View, at, between, whole, x } from "../../model/scale";
import type { Node, Trace } from "../../model/tree";
import { paint } from "../../widgets/canvas";
import { themeVersion } from "../../widgets/colours";
import { LANE, drawFlame } from "../../widgets/drawFlame";
import { useSize } from "../../widgets/hooks";

/** Pixels beside a thin span that still hit it. */
const SLACK = 2;

export interface FlameProps {
  flame: Lanes;
  trace: Trace;
  look: LookUp;
  view: View;
  node: Node;
  found: ReadonlySet<Node>;
  onView: (view: View) => void;
  onChoose: (node: Node) => void;
  onOpen: (key: string) => void;
}

export function Flame({ flame, trace, look, view, node, found, onView, onChoose, onOpen }: FlameProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(scroller);
  const [top, setTop] = useState(0);
  const version = themeVersion.value;
  const limits = whole(trace.extent);
  useLayoutEffect(() => {
    if (canvas.current && width > 0 && height > 0)
      paint(canvas.current, width, height, (context) =>
        drawFlame(context, { trace, flame, look, view, chosen: node, found }, { width, height, top }),
      );
  }, [trace, flame, look, view, node, found, width, height, top, version]);
  useLayoutEffect(() => {
    const element = scroller.current;
    const lane = (flame.lanes[trace.nodes.indexOf(node)] ?? 0) * LANE;
    if (!element || height === 0) return;
    if (lane < element.scrollTop || lane + LANE > element.scrollTop + height) element.scrollTop = lane - height / 2;
  }, [node, height > 0]);

  const under = (event: MouseEvent): Node | null => {
    const edge = canvas.current?.getBoundingClientRect();
    if (!edge) return null;
    const time = at(view, width, event.clientX - edge.left);
    const slack = SLACK / (x(view, width, view.from + 1) || 1);
    return nodeAt(trace, flame, Math.floor((event.clientY - edge.top + top) / LANE), time, slack);
  };
  const zoomTo = (span: Node) => onView(between(span.start, span.end, limits));
  const keydown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      zoomTo(node);
      onOpen(node.key);
    } else {
      const to = beside(trace, node, event.key);
      if (to === undefined) return;
      if (to) onChoose(to);
    }
    event.preventDefault();
  };
  return (
    <div class="scroll flame" ref={scroller} onScroll={() => setTop(scroller.current?.scrollTop ?? 0)}>
      <div
        class="extent"
        role="group"
        tabIndex={0}
        aria-label="Flame graph: arrows go to callers, calls and neighbours, Enter zooms. The same numbers are under Table."
        style={{ height: `${flame.rows * LANE}px` }}
        onKeyDown={keydown}
      >
        <span class="vh" role="status">
          {sentenceOf(node, labelOf(node, look))}
        </span>
        <canvas
          ref={canvas}
          aria-hidden="true"
          style={{ top: `${top}px`, width: `${width}px`, height: `${height}px` }}
          onPointerMove={(event) => {
            const over = under(event);
            if (canvas.current) canvas.current.title = over ? sentenceOf(over, labelOf(over, look)) : "";
          }}
          onClick={(event) => {
            const over = under(event);
            if (!over) return;
            onOpen(over.key);
            zoomTo(over);
          }}
          onDblClick={() => onView(limits)}
        />
      </div>
    </div>
  );
}

/** Where an arrow leads; null where nothing is, undefined for another key. */
function beside(trace: Trace, node: Node, key: string): Node | null | undefined {
  const siblings = node.parent?.children ?? trace.roots;
  const place = siblings.indexOf(node);
  switch (key) {
    case "ArrowUp":
    case "k":
      return node.parent;
    case "ArrowDown":
    case "j":
      return node.children[0] ?? null;
    case "ArrowLeft":
      return siblings[place - 1] ?? null;
    case "ArrowRight":
      return siblings[place + 1] ?? null;
    default:
      return undefined;
  }
}
