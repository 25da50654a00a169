/** The small things that stand in rows: marks, chips, pills, names. */
import { headAndTail } from "../model/names";
import type { Mark } from "../model/services";

const SHAPES = [
  "M5 .7a4.3 4.3 0 1 0 0 8.6a4.3 4.3 0 0 0 0-8.6z",
  "M1 1h8v8H1z",
  "M5 .7 9.8 9H.2z",
  "M5 0l5 5-5 5-5-5z",
  "M3.5.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
  "M5 9.3.2 1h9.6z",
  "M0 3h10v4H0z",
  "M.3 7.6a4.7 4.7 0 0 1 9.4 0z",
];

/** A shape in a hue, or a router's ring. */
export function Swatch({ mark }: { mark: Mark }) {
  return mark.kind === "router" ? (
    <svg class="swatch" viewBox="0 0 10 10" fill="none" stroke="var(--mesh)" stroke-width="1.6" aria-hidden="true">
      <circle cx="5" cy="5" r="3.4" />
    </svg>
  ) : (
    <svg class="swatch" viewBox="0 0 10 10" fill={`var(--svc-${mark.hue})`} aria-hidden="true">
      <path d={SHAPES[mark.shape] ?? SHAPES[0]} />
    </svg>
  );
}

/** The token of a mark's hue. */
export const hueOf = (mark: Mark): string => (mark.kind === "router" ? "mesh" : `svc-${mark.hue}`);

export const Chips = ({ chips }: { chips: readonly string[] }) => (
  <>
    {chips.map((chip) => (
      <span key={chip} class="chip">
        <bdi>{chip}</bdi>
      </span>
    ))}
  </>
);

/** Filled where it began, plain where it passed. */
export function ErrorPill({ text, began, title }: { text: string; began: boolean; title?: string }) {
  return (
    <span class={`pill error${began ? " began" : ""}`} title={title ?? (began ? "the error began here" : "passed on")}>
      {text}
    </span>
  );
}

/** A name on one line: the head gives way, the tail stays. */
export function Mid({ text }: { text: string }) {
  const [head, tail] = headAndTail(text);
  return (
    <bdi class="mid" title={text}>
      <span>{head}</span>
      <span>{tail}</span>
    </bdi>
  );
}

export const Logo = () => (
  <svg
    width="18"
    height="18"
    viewBox="0 0 18 18"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    aria-hidden="true"
  >
    <path d="M16.5 15.6c-3 .5-5.2-.1-6.9-.7A6.3 6.3 0 1 1 14.3 8.7c0 2.6-1.9 4.4-4.2 4.4S6 11.4 6 9.2s1.5-3.4 3.2-3.4 2.6 1.1 2.6 2.4-.8 2.2-1.9 2.2" />
  </svg>
);
