/** What is looked for: as the page's address holds it, as the form edits it, as Zipkin's API takes it. */

/** Texts as typed; empty means any. */
export interface Search {
  readonly service: string;
  readonly operation: string;
  readonly remote: string;
  /** Zipkin's annotation query: `error and http.method=GET`. */
  readonly tags: string;
  /** A search in words: `{service = hello duration > 250ms} NOT error`. */
  readonly words: string;
  /** `100ms`, `1.5s`, `380us`, or microseconds. */
  readonly least: string;
  readonly most: string;
  readonly lookback: Lookback;
  /** The last moment, epoch milliseconds; null for now. */
  readonly until: number | null;
  readonly limit: number;
}

/** Milliseconds. */
export type Lookback = number;

export const LOOKBACKS: readonly (readonly [Lookback, string])[] = [
  [60_000, "minute"],
  [300_000, "5 minutes"],
  [900_000, "15 minutes"],
  [3_600_000, "hour"],
  [21_600_000, "6 hours"],
  [43_200_000, "12 hours"],
  [86_400_000, "day"],
  [172_800_000, "2 days"],
  [604_800_000, "7 days"],
];

/** What is asked where neither the address nor the server says. */
export const EVERYTHING: Search = {
  service: "",
  operation: "",
  remote: "",
  tags: "",
  words: "",
  least: "",
  most: "",
  lookback: 3_600_000,
  until: null,
  limit: 50,
};

/** Reads the page's address: Zipkin's own parameters, so that old links run. What makes no sense is left out. */
export function readSearch(params: URLSearchParams, defaults: Search = EVERYTHING): Search {
  const text = (key: string) => (params.get(key) ?? "").trim();
  const any = (key: string) => (text(key).toLowerCase() === "all" ? "" : text(key));
  const until = number(text("endTs"));
  return {
    service: any("serviceName"),
    operation: any("spanName"),
    remote: any("remoteServiceName"),
    tags: text("annotationQuery"),
    words: text("q"),
    least: text("minDuration"),
    most: text("maxDuration"),
    lookback: readLookback(text("lookback"), params, until) ?? defaults.lookback,
    until,
    limit: number(text("limit")) ?? defaults.limit,
  };
}

/** Writes the page's address: only what differs from the default. */
export function writeSearch(search: Search, defaults: Search = EVERYTHING): URLSearchParams {
  const params = new URLSearchParams();
  const put = (key: string, value: string) => value && params.set(key, value);
  put("serviceName", search.service);
  put("spanName", search.operation);
  put("remoteServiceName", search.remote);
  put("annotationQuery", search.tags);
  put("q", search.words);
  put("minDuration", search.least);
  put("maxDuration", search.most);
  if (search.lookback !== defaults.lookback) put("lookback", writeLookback(search.lookback));
  if (search.until !== null) put("endTs", String(search.until));
  if (search.limit !== defaults.limit) put("limit", String(search.limit));
  return params;
}

/** The parameters of `GET /api/v2/traces`: durations in microseconds, the rest in milliseconds. */
export function apiParams(search: Search, now: number): URLSearchParams {
  const least = readDuration(search.least);
  const most = readDuration(search.most);
  const params = new URLSearchParams();
  const put = (key: string, value: string | number | null) => value && params.set(key, String(value));
  put("serviceName", search.service);
  put("spanName", search.operation);
  put("remoteServiceName", search.remote);
  put("annotationQuery", search.tags);
  put("q", search.words);
  // maxDuration is refused alone: everything takes at least a microsecond (zipkin QueryRequest)
  put("minDuration", least ?? (most === null ? null : 1));
  put("maxDuration", most);
  put("endTs", search.until ?? now);
  put("lookback", search.lookback);
  put("limit", search.limit);
  return params;
}

/** One sentence on what cannot be searched for; null when all is well. */
export function mistakeIn(search: Search): string | null {
  const [least, most] = [readDuration(search.least), readDuration(search.most)];
  const form = "is not a duration: write 380us, 100ms, 1.5s, or microseconds.";
  if (search.least && least === null) return `“${search.least}” ${form}`;
  if (search.most && most === null) return `“${search.most}” ${form}`;
  if (least !== null && most !== null && most < least) return "“At most” is shorter than “at least”.";
  return null;
}

const FACTOR: Readonly<Record<string, number>> = { us: 1, µs: 1, μs: 1, ms: 1e3, s: 1e6, m: 6e7, min: 6e7 };

/** Whole microseconds; null when the text is no duration above zero. */
export function readDuration(text: string): number | null {
  const [, digits, unit = "us"] = /^\s*(\d+(?:[.,]\d+)?)\s*(us|µs|μs|ms|s|m|min)?\s*$/i.exec(text) ?? [];
  if (!digits) return null;
  const us = Math.round(Number(digits.replace(",", ".")) * (FACTOR[unit.toLowerCase()] ?? 1));
  return us > 0 ? us : null;
}

/** `service = checkout and duration >= 100ms`; empty when nothing is asked. */
export function describe(search: Search): string {
  const terms = [
    search.service && `service = ${search.service}`,
    search.operation && `operation = ${search.operation}`,
    search.remote && `remote = ${search.remote}`,
    search.least && `duration ≥ ${search.least}`,
    search.most && `duration ≤ ${search.most}`,
    search.tags,
    search.words,
  ];
  return terms.filter(Boolean).join(" and ");
}

/** `hour`, `15 minutes`, or seconds where there is no word: what stands after "the last". */
export const lookbackName = (lookback: Lookback): string =>
  LOOKBACKS.find(([ms]) => ms === lookback)?.[1] ?? `${Math.round(lookback / 1000)} seconds`;

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

const writeLookback = (lookback: Lookback): string => {
  const [unit, ms] = UNITS.find(([, size]) => lookback % size === 0) ?? ["", 1];
  return `${lookback / ms}${unit}`;
};

/** `15m`, plain milliseconds, or Zipkin's `millis` and `range` with their companions; null when it does not say. */
function readLookback(text: string, params: URLSearchParams, until: number | null): Lookback | null {
  const start = number(params.get("startTs") ?? "");
  if (text === "range" && start !== null && until !== null && until > start) return until - start;
  if (text === "millis") return number(params.get("millis") ?? "");
  const [, digits, unit] = /^(\d+)(d|h|m|s)?$/.exec(text) ?? [];
  const size = UNITS.find(([name]) => name === unit)?.[1] ?? 1;
  return (number(digits ?? "") ?? 0) * size || null;
}

function number(text: string): number | null {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}
