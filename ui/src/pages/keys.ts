/** Single keys: which act now, and what the sheet says of them. */
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { singleKeys } from "../widgets/settings";

export interface Key {
  /** As `KeyboardEvent.key` has it; two keys one after the other are parted by a space. */
  readonly key: string;
  /** What it does, for the sheet. */
  readonly words: string;
  readonly run: (event: KeyboardEvent) => void;
}

export interface KeyGroup {
  readonly title: string;
  readonly keys: readonly Key[];
  /** Keys that the focused list itself answers to; told, not run. */
  readonly told?: readonly (readonly [string, string])[];
}

/** The page at hand comes first. */
export const groups = signal<readonly KeyGroup[]>([]);

/** Time in which the second of two keys must follow. */
const TOGETHER_MS = 1200;
let first: { readonly key: string; readonly at: number } | null = null;

/** The keys of a page or of the frame, while it is shown. They see what is drawn: `group` is taken on each render. */
export function useKeys(group: KeyGroup): void {
  useLayoutEffect(() => {
    groups.value = [group, ...groups.peek().filter(({ title }) => title !== group.title)].toSorted(
      (a, b) => Number(a.title === EVERYWHERE) - Number(b.title === EVERYWHERE),
    );
  });
  useLayoutEffect(
    () => () => {
      groups.value = groups.peek().filter(({ title }) => title !== group.title);
    },
    [group.title],
  );
}

export const EVERYWHERE = "Everywhere";

export function listenForKeys(): void {
  addEventListener("keydown", (event) => {
    // A sheet over the page has its own keys, Escape above all.
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      isModifier(event.key) ||
      document.querySelector("dialog[open]")
    )
      return;
    if (event.key !== "Escape" && (inField(event.target) || event.altKey !== (singleKeys.value === "off"))) return;
    const pair = first && event.timeStamp - first.at < TOGETHER_MS ? `${first.key} ${event.key}` : null;
    first = null;
    const known = groups.value.flatMap(({ keys }) => keys);
    // What lies over the page is of the frame, whose keys come last: Escape closes the top thing.
    const hit =
      known.find(({ key }) => key === pair) ??
      (event.key === "Escape"
        ? known.findLast(({ key }) => key === "Escape")
        : known.find(({ key }) => key === event.key));
    if (hit) {
      event.preventDefault();
      hit.run(event);
    } else if (known.some(({ key }) => key.startsWith(`${event.key} `))) {
      first = { key: event.key, at: event.timeStamp };
    }
  });
}

const isModifier = (key: string): boolean => ["Shift", "Control", "Alt", "Meta"].includes(key);

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName));
