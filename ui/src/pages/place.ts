/** The address of the page, which holds all that changes what is seen. */
import { computed, signal } from "@preact/signals";

const base = new URL(document.baseURI);
/** Browsers refuse more than some hundred changes of the address a minute; holding a key makes that many. */
const SETTLE_MS = 150;

const current = signal(new URL(location.href));
let settling: ReturnType<typeof setTimeout> | undefined;

/** Below the base: `` is Search, `traces/ID` a trace. */
export const path = computed(() => current.value.pathname.slice(base.pathname.length));
export const params = computed(() => current.value.searchParams);

/** Leaves the page: back returns to it. `to` is relative to the base. */
export function go(to: string): void {
  settle();
  const url = new URL(to, base);
  if (url.href === current.peek().href) return;
  history.pushState(null, "", url);
  current.value = url;
}

type Changes = Readonly<Record<string, string | null>>;

/** The same page, seen differently; back returns to how it was seen before. Null removes a parameter. */
export const step = (changes: Changes): void => go(changed(changes).href);

/** As `step`, for what changes many times a second or is no place to return to: the last of it stays. */
export function change(changes: Changes): void {
  const url = changed(changes);
  if (url.href === current.peek().href) return;
  current.value = url;
  clearTimeout(settling);
  settling = setTimeout(settle, SETTLE_MS);
}

function changed(changes: Changes): URL {
  const url = new URL(current.peek());
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(key);
    else url.searchParams.set(key, value);
  }
  return url;
}

export const here = (): string => {
  settle();
  return current.peek().href;
};

function settle(): void {
  clearTimeout(settling);
  if (location.href !== current.peek().href) history.replaceState(null, "", current.peek());
}

/** Follows links inside the pages without loading anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    clearTimeout(settling);
    current.value = new URL(location.href);
  });
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (
      !(link instanceof HTMLAnchorElement) ||
      !plain ||
      event.defaultPrevented ||
      link.target ||
      link.hasAttribute("download")
    )
      return;
    const url = new URL(link.href);
    if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname) || url.hash) return;
    event.preventDefault();
    go(url.href);
  });
}
