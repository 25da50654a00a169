/** What a person chose for this browser. */
import { type Signal, effect, signal } from "@preact/signals";
import type { Zone } from "../model/clock";

export type Theme = "system" | "light" | "dark";

const PREFIX = "clew.";

export const theme = kept<Theme>("theme", "system", ["system", "light", "dark"]);
export const zone = kept<Zone>("zone", "local", ["local", "utc"]);
/** Whether single keys act, or only with Alt. */
export const singleKeys = kept<"on" | "off">("keys", "on", ["on", "off"]);

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset["theme"];
  else dataset["theme"] = theme.value;
});

/** A column whose width can be dragged. */
export interface Column {
  /** Pixels; 0 while it was never changed, so that it follows the width of the window. */
  readonly width: Signal<number>;
  readonly least: number;
  readonly most: number;
  /** The width that it has now. */
  readonly shown: () => number;
}

export const namesColumn = column("names", 200, 640);
export const sidePanel = column("side", 280, 560);

/** `name` is the custom property that the styles take the width from. */
function column(name: string, least: number, most: number): Column {
  const { documentElement: root } = document;
  const stored = Number(read(PREFIX + name));
  const width = signal(stored >= least && stored <= most ? stored : 0);
  effect(() => {
    if (width.value === 0) return;
    root.style.setProperty(`--${name}`, `${width.value}px`);
    write(PREFIX + name, String(width.value));
  });
  return {
    width,
    least,
    most,
    shown: () => width.value || Number.parseInt(getComputedStyle(root).getPropertyValue(`--${name}`), 10),
  };
}

function kept<T extends string>(name: string, fallback: T, values: readonly T[]): Signal<T> {
  const stored = read(PREFIX + name);
  const value = signal<T>(values.find((known) => known === stored) ?? fallback);
  effect(() => write(PREFIX + name, value.value));
  return value;
}

// Storage may be forbidden; the pages then forget, and work.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* forgotten with the page */
  }
}
