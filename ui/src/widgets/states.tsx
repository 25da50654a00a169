/** Nothing there, something wrong, not yet. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { useLasting } from "./hooks";

/** What is so, why, and what to do. */
export function Empty({
  title,
  children,
  actions,
}: {
  title: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class="empty" role="status">
      <h2>{title}</h2>
      {children}
      {actions && <div class="row">{actions}</div>}
    </div>
  );
}

/** In place of the part that failed: what happened, what to do. */
export function Fault({ what, remedy, action }: { what: string; remedy: string; action?: ComponentChildren }) {
  return (
    <div class="fault" role="alert">
      <span class="grow">
        <b>{what}</b> {remedy}
      </span>
      {action}
    </div>
  );
}

/** A line at the top of the part, once waiting has lasted long enough to be noticed. */
export function Progress({ on }: { on: boolean }) {
  return useLasting(on, 300) ? <div class="progress" role="progressbar" aria-label="Waiting for the server" /> : null;
}

const toast = signal("");

/** Only to confirm; never for errors. */
export const confirm = (text: string): void => {
  toast.value = text;
};

export function Toast() {
  const text = toast.value;
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => {
      toast.value = "";
    }, 6000);
    return () => clearTimeout(timer);
  }, [text]);
  return <div role="status">{text && <div class="toast">{text}</div>}</div>;
}

export async function copy(text: string, what: string): Promise<void> {
  // Browsers give no clipboard to pages on plain http from another host.
  try {
    await navigator.clipboard.writeText(text);
    confirm(`${what} copied.`);
  } catch {
    confirm(`The browser did not let this page copy. ${text}`);
  }
}
