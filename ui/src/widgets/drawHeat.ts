/** The picture of durations over time: cells, a lane of errors below them, and the axes. */
import { type Zone, clock } from "../model/clock";
import { COLUMNS, type Box, type Heatmap, ROWS, across, durationTicks, levelOf, placeAt, up } from "../model/heatmap";
import { tick } from "../model/numbers";
import type { Micros } from "../model/span";
import { fill } from "./canvas";
import { colour } from "./colours";

/** Pixels: the edges of the picture in the canvas. */
export const LEFT = 64;
const RIGHT = 16;
const TOP = 8;
const LANE = 14;
const AXIS = 18;
/** Between two times of the axis. */
const TIME = 150;

/** Where the cells are, in pixels of the canvas. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const areaOf = (width: number, height: number): Area => ({
  left: LEFT,
  top: TOP,
  width: Math.max(1, width - LEFT - RIGHT),
  height: Math.max(1, height - TOP - LANE - AXIS),
});

export function drawHeat(
  context: CanvasRenderingContext2D,
  map: Heatmap,
  box: Box | null,
  area: Area,
  zone: Zone,
  now: Micros,
): void {
  drawDurations(context, map, area);
  drawTimes(context, map, area, zone, now);
  const [w, h] = [area.width / COLUMNS, area.height / ROWS];
  map.counts.forEach((count, i) => {
    if (count === 0) return;
    const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
    const [x, y] = [area.left + column * w, area.top + area.height - (row + 1) * h];
    fill(context, `heat-${levelOf(count, map.most)}`, x, y, Math.max(2, w - 1), Math.max(2, h - 1));
  });
  const worst = map.errors.reduce((a, b) => Math.max(a, b), 1);
  const floor = area.top + area.height + LANE;
  map.errors.forEach((count, column) => {
    const tall = count === 0 ? 0 : 3 + (LANE - 5) * (count / worst);
    if (tall > 0) fill(context, "error", area.left + column * w, floor - tall, Math.max(2, w - 1), tall);
  });
  if (box) drawBox(context, map, box, area);
}

function drawDurations(context: CanvasRenderingContext2D, map: Heatmap, { left, top, width, height }: Area): void {
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const duration of durationTicks(map)) {
    const y = Math.round(top + height * (1 - up(map, duration)));
    fill(context, "line", left, y, width, 1);
    context.fillStyle = colour("ink-3");
    context.fillText(tick(duration), left - 8, y);
  }
  context.fillStyle = colour("ink-3");
  context.fillText("errors", left - 8, top + height + LANE / 2 + 1);
  context.textAlign = "left";
}

function drawTimes(
  context: CanvasRenderingContext2D,
  map: Heatmap,
  { left, top, width, height }: Area,
  zone: Zone,
  now: Micros,
): void {
  const floor = top + height + LANE;
  fill(context, "line", left, floor, width, 1);
  context.fillStyle = colour("ink-3");
  const marks = Math.max(1, Math.floor(width / TIME));
  const fine = map.to - map.from < 2e6 * marks;
  for (let i = 0; i <= marks; i++) {
    const [moment] = placeAt(map, i / marks, 0);
    context.textAlign = i === 0 ? "left" : i === marks ? "right" : "center";
    const text = clock(moment, now, zone);
    context.fillText(fine ? text : text.replace(/\.\d+$/, ""), left + (width * i) / marks, floor + AXIS / 2 + 1);
  }
  context.textAlign = "left";
}

function drawBox(context: CanvasRenderingContext2D, map: Heatmap, box: Box, area: Area): void {
  const [x1, x2] = [across(map, box.from), across(map, box.to)].map((share) => area.left + area.width * clamp(share));
  const [y1, y2] = [up(map, box.longest), up(map, box.shortest)].map(
    (share) => area.top + area.height * (1 - clamp(share)),
  );
  if (x1 === undefined || x2 === undefined || y1 === undefined || y2 === undefined) return;
  const [width, height] = [Math.max(2, x2 - x1), Math.max(2, y2 - y1)];
  context.globalAlpha = 0.08;
  fill(context, "ink", x1, y1, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = colour("ink");
  context.lineWidth = 1.5;
  context.strokeRect(x1, y1, width, height);
}

const clamp = (share: number): number => Math.max(0, Math.min(1, share));
