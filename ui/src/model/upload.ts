/** A file of traces: Zipkin's v2 JSON, as a list of spans or as a list of traces. */
import { jsonBreak } from "./jsonBreak";
import { type Span } from "./span";

export type Upload =
  | { readonly ok: true; readonly traces: readonly (readonly Span[])[] }
  /** `reason` is a whole sentence. */
  | { readonly ok: false; readonly reason: string };

/** Ids are one trace when this many of their last characters are the same. */
const LOW_HALF = 16;

export function readUpload(file: string, text: string): Upload {
  const first = /[^ \t\r\n]/.exec(text);
  if (first?.[0] !== "[")
    return refuse(file, `at byte ${first?.index ?? 0} ${quoted(first?.[0])} was read, “[” was expected.`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const found = jsonBreak(text);
    return refuse(
      file,
      found ? `at byte ${found.byte} ${quoted(found.read)} was read, ${found.expected}.` : `${String(error)}.`,
    );
  }
  const spans = (document as unknown[]).flat();
  if (spans.length === 0) return refuse(file, "it holds none.");
  for (const [i, span] of spans.entries()) {
    const mistake = mistakeIn(span);
    if (mistake) return refuse(file, `span ${i + 1} ${mistake}.`);
  }
  return { ok: true, traces: tracesOf(spans as Span[]) };
}

/** In the order in which they first appear. */
const tracesOf = (spans: readonly Span[]): Span[][] => [
  ...Map.groupBy(spans, ({ traceId }) => traceId.slice(-LOW_HALF).padStart(LOW_HALF, "0")).values(),
];

const refuse = (file: string, why: string): Upload => ({
  ok: false,
  reason: `“${file}” is not a list of spans: ${why}`,
});

const quoted = (read: string | null | undefined): string => (read ? `“${read}”` : "the end");

/** What keeps a value from being a span, after “span 3”; null when nothing does. */
function mistakeIn(value: unknown): string | null {
  if (!isRecord(value)) return "is no object";
  const isV1 =
    "binaryAnnotations" in value || (Array.isArray(value["annotations"]) && value["annotations"].some(hasEndpoint));
  if (isV1) return "is of Zipkin's first format; version 2 is read";
  for (const key of ["traceId", "id"])
    if (typeof value[key] !== "string" || value[key] === "") return `has no “${key}”`;
  for (const [key, fits, what] of OPTIONAL)
    if (value[key] !== undefined && value[key] !== null && !fits(value[key])) return `has “${key}” that is not ${what}`;
  return null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === "string";
const isTime = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isEvent = (value: unknown) => isRecord(value) && isTime(value["timestamp"]) && isText(value["value"]);
const hasEndpoint = (value: unknown) => isRecord(value) && "endpoint" in value;

const OPTIONAL: readonly (readonly [string, (value: unknown) => boolean, string])[] = [
  ["parentId", isText, "a text"],
  ["name", isText, "a text"],
  ["kind", isText, "a text"],
  ["timestamp", isTime, "a number of microseconds"],
  ["duration", isTime, "a number of microseconds"],
  ["localEndpoint", isRecord, "an object"],
  ["remoteEndpoint", isRecord, "an object"],
  ["tags", (value) => isRecord(value) && Object.values(value).every(isText), "an object of texts"],
  ["annotations", (value) => Array.isArray(value) && value.every(isEvent), "a list of events"],
];
