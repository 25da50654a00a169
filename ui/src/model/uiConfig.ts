/** What the server tells its pages: `config.json`, by Zipkin's keys. What it leaves out is as it was built. */
import { EVERYTHING, type Search } from "./search";

export interface UiConfig {
  /** A label for the header; empty for none. */
  readonly environment: string;
  /** What a search asks for that does not say. */
  readonly search: Search;
  /** False: traces are found by their id only. */
  readonly searchEnabled: boolean;
  readonly mapEnabled: boolean;
  /** Where help is; null for nowhere, as the next. */
  readonly supportUrl: string | null;
  /** Logs of a trace, with `{traceId}` in it. */
  readonly logsUrl: string | null;
  /** Takes traces to keep, as a list of spans by POST. */
  readonly archivePostUrl: string | null;
  /** Where an archived trace is seen, with `{traceId}` in it. */
  readonly archiveUrl: string | null;
}

export const AS_BUILT: UiConfig = {
  environment: "",
  search: EVERYTHING,
  searchEnabled: true,
  mapEnabled: true,
  supportUrl: null,
  logsUrl: null,
  archivePostUrl: null,
  archiveUrl: null,
};

/** Of another document, or of one with other kinds of values, only what makes sense is taken. */
export function readUiConfig(document: unknown): UiConfig {
  const at = recordOf(document);
  return {
    environment: typeof at["environment"] === "string" ? at["environment"].trim() : "",
    search: {
      ...EVERYTHING,
      lookback: positive(at["defaultLookback"]) ?? EVERYTHING.lookback,
      limit: positive(at["queryLimit"]) ?? EVERYTHING.limit,
    },
    searchEnabled: at["searchEnabled"] !== false,
    mapEnabled: recordOf(at["dependency"])["enabled"] !== false,
    supportUrl: address(at["supportUrl"]),
    logsUrl: address(at["logsUrl"]),
    archivePostUrl: address(at["archivePostUrl"]),
    archiveUrl: address(at["archiveUrl"]),
  };
}

/** An address with `{traceId}` in it, for a trace; null where nobody said one. */
export const linkFor = (template: string | null, traceId: string): string | null =>
  template?.replaceAll("{traceId}", encodeURIComponent(traceId)) ?? null;

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const positive = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;

/** A link must not run script. */
const address = (value: unknown): string | null =>
  typeof value === "string" && /^(?:https?:\/\/|\/(?!\/))/i.test(value) ? value : null;
