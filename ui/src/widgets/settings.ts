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

function kept<T extends string>(name: string, fallback: T, values: readonly T[]): Signal<T> {
  const stored = read(PREFIX + name);
  const value = signal<T>(values.find((known) => known === stored) ?? fallback);
  effect(() => write(PREFIX + name, value.value));
  return value;
}

// Storage may be forbidden; the pages then forget, and work.
function read(key: string): string | null {
  try { return localStorage.getItem(key); } catch { return null; }
}

function write(key: string, value: string): void {
  try { localStorage.setItem(key, value); } catch { /* forgotten with the page */ }
}
