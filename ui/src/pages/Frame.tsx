/** The top bar, the page below it, and what lies over both. */
import type { ComponentChildren, RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { traceIdIn } from "../model/traceid";
import { Segments } from "../widgets/Segments";
import { Logo } from "../widgets/marks";
import { singleKeys, theme, zone } from "../widgets/settings";
import { Toast, copy } from "../widgets/states";
import { Ingest } from "./Ingest";
import { OpenFile } from "./OpenFile";
import { KeySheet } from "./KeySheet";
import { config } from "./config";
import { EVERYWHERE, useKeys } from "./keys";
import { go, here, path } from "./place";

export interface PageLink {
  /** Relative to the base. */
  readonly href: string;
  readonly words: string;
  /** Follows `g`. */
  readonly key: string;
  /** Where it is the page at hand; the first page is it everywhere else. */
  readonly paths: readonly string[];
}

/** `traces`: this is a trace server, with spans that come in and traces to go to. */
export function Frame({
  pages,
  traces,
  children,
}: {
  pages: readonly PageLink[];
  traces: boolean;
  children: ComponentChildren;
}) {
  const [open, setOpen] = useState<"keys" | "settings" | "ingest" | null>(null);
  const current = pages.find(({ paths }) => paths.includes(path.value)) ?? pages[0];
  const idField = useRef<HTMLInputElement>(null);
  useKeys({
    title: EVERYWHERE,
    keys: [
      ...pages.map(({ href, words, key }) => ({ key: `g ${key}`, words: words.toLowerCase(), run: () => go(href) })),
      ...(traces ? [{ key: "i", words: "go to a trace id", run: () => idField.current?.focus() }] : []),
      { key: "y", words: "copy the link to what is seen", run: () => void copy(here(), "Link") },
      { key: ",", words: "settings", run: () => setOpen(open === "settings" ? null : "settings") },
      { key: "?", words: "this sheet", run: () => setOpen("keys") },
      ...(open === "settings" || open === "ingest"
        ? [{ key: "Escape", words: "close the top thing", run: () => setOpen(null) }]
        : []),
    ],
  });
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>("#main")?.focus();
        }}
      >
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="./" aria-label="clew, start">
          <Logo />
          clew
        </a>
        <nav aria-label="Pages">
          {pages.map((page) => (
            <a key={page.href} href={page.href} {...(page === current ? { "aria-current": "page" as const } : {})}>
              {page.words}
            </a>
          ))}
        </nav>
        <span class="grow" />
        {config.value?.environment && <span class="chip">{config.value.environment}</span>}
        {config.value?.supportUrl && (
          <a class="sm soft" href={config.value.supportUrl} target="_blank" rel="noreferrer">
            Help
          </a>
        )}
        {traces && (
          <>
            <Ingest open={open === "ingest"} onToggle={() => setOpen(open === "ingest" ? null : "ingest")} />
            <OpenFile kind="plain" />
            <GoTo field={idField} />
          </>
        )}
        <button type="button" class="plain" aria-label="Keys" aria-haspopup="dialog" onClick={() => setOpen("keys")}>
          ?
        </button>
        <button
          type="button"
          class="plain"
          aria-expanded={open === "settings"}
          onClick={() => setOpen(open === "settings" ? null : "settings")}
        >
          Settings
        </button>
      </header>
      {open === "settings" && <Settings />}
      <main id="main" class="page" tabIndex={-1}>
        {children}
      </main>
      {open === "keys" && <KeySheet onClose={() => setOpen(null)} />}
      <Toast />
    </>
  );
}

/** Takes ids, links to traces, `traceparent` and B3 headers. */
function GoTo({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const [wrong, setWrong] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const input = field.current;
    const id = traceIdIn(input?.value ?? "");
    setWrong(id === null && input?.value !== "");
    if (!id || !input) return;
    input.value = "";
    input.blur();
    go(`traces/${id}`);
  };
  return (
    <form class="goto row" onSubmit={submit}>
      {wrong && (
        <span class="sm bad" role="alert">
          No trace id in that text
        </span>
      )}
      <input
        ref={field}
        class="mono"
        placeholder="Go to trace id"
        aria-label="Go to trace id"
        aria-invalid={wrong}
        spellcheck={false}
        autocomplete="off"
        onInput={() => setWrong(false)}
      />
    </form>
  );
}

function Settings() {
  return (
    <div class="menu" role="dialog" aria-label="Settings">
      <fieldset>
        <legend>Theme</legend>
        <Segments
          label="Theme"
          value={theme.value}
          options={[
            ["system", "System"],
            ["light", "Light"],
            ["dark", "Dark"],
          ]}
          onChange={(value) => {
            theme.value = value;
          }}
        />
      </fieldset>
      <fieldset>
        <legend>Times</legend>
        <Segments
          label="Times"
          value={zone.value}
          options={[
            ["local", "Local"],
            ["utc", "UTC"],
          ]}
          onChange={(value) => {
            zone.value = value;
          }}
        />
      </fieldset>
      <fieldset>
        <legend>Single keys</legend>
        <Segments
          label="Single keys"
          value={singleKeys.value}
          options={[
            ["on", "On"],
            ["off", "With Alt"],
          ]}
          onChange={(value) => {
            singleKeys.value = value;
          }}
        />
      </fieldset>
      <p class="sm muted">Kept in this browser.</p>
    </div>
  );
}
