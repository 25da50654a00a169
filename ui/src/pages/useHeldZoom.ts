/** Zoom and pan by key: one step at once, then on each frame while the key is held. */
import { useEffect, useRef } from "preact/hooks";
import { type View, pan, zoom } from "../model/scale";

export type HeldKey = "w" | "s" | "a" | "d";

export interface Held {
  readonly start: (key: HeldKey, event: KeyboardEvent) => void;
}

/** A press moves by this much, so does each tenth of a second that it is held. */
const FACTOR = 0.8;
const SHARE = 0.1;
const STEP_MS = 100;

export function useHeldZoom(view: View, limits: View, setView: (view: View) => void): Held {
  const latest = useRef({ view, limits, setView });
  latest.current = { view, limits, setView };
  const stop = useRef<() => void>(() => {});
  useEffect(() => () => stop.current(), []);
  const step = (key: HeldKey, amount: number) => {
    const now = latest.current;
    now.setView(moved(key, now.view, now.limits, amount));
  };
  const start = (key: HeldKey, event: KeyboardEvent) => {
    if (event.repeat) return;
    stop.current();
    step(key, 1);
    let before = performance.now();
    let frame = requestAnimationFrame(function next(at) {
      step(key, Math.max(0, at - before) / STEP_MS);
      before = at;
      frame = requestAnimationFrame(next);
    });
    const end = new AbortController();
    stop.current = () => {
      cancelAnimationFrame(frame);
      end.abort();
    };
    const { signal } = end;
    addEventListener("keyup", () => stop.current(), { signal });
    addEventListener("blur", () => stop.current(), { signal });
  };
  return { start };
}

function moved(key: HeldKey, view: View, limits: View, amount: number): View {
  const middle = (view.from + view.to) / 2;
  switch (key) {
    case "w":
      return zoom(view, limits, FACTOR ** amount, middle);
    case "s":
      return zoom(view, limits, FACTOR ** -amount, middle);
    case "a":
      return pan(view, limits, -SHARE * amount);
    case "d":
      return pan(view, limits, SHARE * amount);
    default:
      return key satisfies never;
  }
}
