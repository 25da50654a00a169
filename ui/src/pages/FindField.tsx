/** A field whose text is in the address: what the page's rows are narrowed to. */
import type { RefObject } from "preact";
import { change, params } from "./place";

export const FindField = ({
  label,
  hint,
  field,
}: {
  label: string;
  /** Stands in the field while it is empty. */
  hint: string;
  field: RefObject<HTMLInputElement | null>;
}) => (
  <input
    ref={field}
    type="search"
    placeholder={`${hint}  /`}
    aria-label={label}
    spellcheck={false}
    value={params.value.get("find") ?? ""}
    onInput={(event) => change({ find: event.currentTarget.value })}
  />
);

/** What is looked for, in lower case; empty for everything. */
export const sought = (): string => (params.value.get("find") ?? "").trim().toLowerCase();
