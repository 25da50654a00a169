/** A canvas that is sharp on every screen. */
import { colour } from "./colours";

/** Clears, then draws in CSS pixels. */
export function paint(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  draw: (context: CanvasRenderingContext2D) => void,
): void {
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  draw(context);
}

export function fill(
  context: CanvasRenderingContext2D,
  token: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.fillStyle = colour(token);
  context.fillRect(x, y, width, height);
}

export function cross(context: CanvasRenderingContext2D, x: number, y: number, arm = 3.5): void {
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.stroke();
}
