/** The lanes of a flame graph that are in view. */
import type { Flame } from "../model/flame";
import { type LookUp, labelOf } from "../model/label";
import { type View, x } from "../model/scale";
import type { Node, Trace } from "../model/tree";
import { fill } from "./canvas";
import { colour } from "./colours";
import { hueOf } from "./marks";

export const LANE = 20;
const BODY = LANE - 2;
/** The part of a lane that tells own time. */
const OWN = 4;
/** Narrower bars have no name. */
const NAMED = 28;

export interface FlameScene {
  readonly trace: Trace;
  readonly flame: Flame;
  readonly look: LookUp;
  readonly view: View;
  readonly chosen: Node;
  readonly found: ReadonlySet<Node>;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  /** What is scrolled away above. */
  readonly top: number;
}

/** Spans that share a pixel of a lane are drawn once, so that very many cost no more than the screen has room for. */
export function drawFlame(context: CanvasRenderingContext2D, scene: FlameScene, frame: Frame): void {
  const { trace, flame, view } = scene;
  const { width, height, top } = frame;
  const drawnTo: number[] = [];
  context.textBaseline = "middle";
  trace.nodes.forEach((node, i) => {
    const lane = flame.lanes[i] ?? 0;
    const y = lane * LANE - top;
    if (y + LANE < 0 || y > height) return;
    const left = Math.max(-1, x(view, width, node.start));
    const right = Math.min(width + 1, Math.max(left + 1, x(view, width, node.end)));
    if (right < 0 || left > width) return;
    const chosen = node === scene.chosen;
    if (right <= (drawnTo[lane] ?? -1) + 0.5 && !chosen && node.error === null) return;
    drawnTo[lane] = right;
    drawSpan(context, scene, node, { left, right, y, width });
    if (chosen) outline(context, "ink", left, right, y, 2);
  });
}

function drawSpan(
  context: CanvasRenderingContext2D,
  { look, view, found }: FlameScene,
  node: Node,
  { left, right, y, width }: { left: number; right: number; y: number; width: number },
): void {
  const label = labelOf(node, look);
  const token = label.mesh ? "mesh" : hueOf(label.mark);
  fill(context, `${token}-pale`, left, y, Math.max(1, right - left - 0.5), BODY);
  for (let i = 0; i + 1 < node.own.length; i += 2) {
    const [from, to] = [x(view, width, node.own[i] ?? 0), x(view, width, node.own[i + 1] ?? 0)];
    if (to > left && from < right)
      fill(
        context,
        token,
        Math.max(left, from),
        y + BODY - OWN,
        Math.max(1, Math.min(right, to) - Math.max(left, from)),
        OWN,
      );
  }
  if (node.error !== null) outline(context, "error", left, right, y, node.errorBegan ? 2 : 1);
  if (right - left < NAMED) return;
  context.save();
  context.beginPath();
  context.rect(left, y, right - left - 3, BODY);
  context.clip();
  context.fillStyle = colour("ink");
  const text = `${label.alias} ${label.operation}`.trim();
  context.fillText(text, Math.max(left, 0) + 4, y + (BODY - OWN) / 2 + 1);
  if (found.has(node))
    fill(context, "ink", Math.max(left, 0) + 4, y + BODY - OWN - 2, context.measureText(text).width, 1);
  context.restore();
}

function outline(
  context: CanvasRenderingContext2D,
  token: string,
  left: number,
  right: number,
  y: number,
  weight: number,
): void {
  context.strokeStyle = colour(token);
  context.lineWidth = weight;
  context.strokeRect(left + weight / 2, y + weight / 2, Math.max(1, right - left - weight), BODY - weight);
}
