/** The bars of the visible rows, on the canvas that lies over the time column. */
import { type Bar, barOf } from "../model/bars";
import { type LookUp, labelOf } from "../model/label";
import { ticks } from "../model/numbers";
import { type Row, nodeOf } from "../model/rows";
import { type View, x } from "../model/scale";
import { cross, fill } from "./canvas";
import { colour } from "./colours";
import { hueOf } from "./marks";

export const ROW = 24;
const BODY = 10;
const MESH = 6;
/** A tick above the start of a bar says that it was moved to set clocks right. */
const TICK_UP = 5;
/** Room that an axis label needs. */
const TICK = 90;

export const axisTicks = (view: View, width: number) =>
  ticks(view.from, view.to, Math.max(2, Math.round(width / TICK)));

/** `rows` are those from the canvas's top edge down. */
export function drawBars(
  context: CanvasRenderingContext2D,
  rows: readonly Row[],
  look: LookUp,
  view: View,
  width: number,
): void {
  for (const at of axisTicks(view, width))
    if (at > 0) fill(context, "line", Math.round(x(view, width, at)), 0, 1, rows.length * ROW);
  rows.forEach((row, i) => {
    const node = nodeOf(row);
    const bar = barOf(row, view, width);
    if (!node || !bar) return;
    const { mark, mesh } = labelOf(node, look);
    const thickness = mesh ? MESH : BODY;
    const top = i * ROW + (ROW - thickness) / 2;
    if (node.carried && row.kind === "span") drawWhiskers(context, node.carried, bar, view, width, i * ROW + ROW / 2);
    drawBar(context, bar, mesh ? "mesh" : hueOf(mark), top, thickness);
    if (node.moved !== 0) fill(context, "ink-2", bar.left, top - TICK_UP, 2, TICK_UP);
    if (node.error !== null && row.kind === "span") drawError(context, bar, node.errorBegan, top, thickness);
  });
}

/** The mesh's part of a call: a thin line from where it took the call to where it gave it back. */
function drawWhiskers(
  context: CanvasRenderingContext2D,
  [from, to]: readonly [number, number],
  { left, right }: Bar,
  view: View,
  width: number,
  middle: number,
): void {
  const [begin, end] = [Math.max(-2, x(view, width, from)), Math.min(width + 2, x(view, width, to))];
  const line = (a: number, b: number, edge: number) => {
    if (b - a < 1) return;
    fill(context, "mesh", a, middle, b - a, 1);
    fill(context, "mesh", edge, middle - 2, 1, 5);
  };
  line(begin, left, begin);
  line(right, end, end - 1);
}

function drawBar(
  context: CanvasRenderingContext2D,
  { left, right, solid, dashed }: Bar,
  token: string,
  top: number,
  thickness: number,
): void {
  fill(context, `${token}-pale`, left, top, right - left, thickness);
  fill(context, token, left, top, right - left, 1);
  fill(context, token, left, top + thickness - 1, right - left, 1);
  fill(context, token, left, top, 1, thickness);
  fill(context, token, right - 1, top, 1, thickness);
  for (let i = 0; i + 1 < solid.length; i += 2)
    fill(context, token, solid[i] ?? 0, top, (solid[i + 1] ?? 0) - (solid[i] ?? 0), thickness);
  if (dashed) for (let y = top - 4; y < top + thickness + 4; y += 4) fill(context, token, left - 1, y, 1, 2);
}

function drawError(
  context: CanvasRenderingContext2D,
  { left, right }: Bar,
  began: boolean,
  top: number,
  thickness: number,
): void {
  context.strokeStyle = colour("error");
  context.lineWidth = began ? 2 : 1;
  context.strokeRect(left, top - 0.5, Math.max(1, right - left), thickness + 1);
  if (began) cross(context, right + 8, top + thickness / 2);
}
