/** What went wrong in a span, in one word. */
import type { Span } from "./span";

/** Tags that hold a status a person knows, in the order of preference. */
const STATUS = ["http.status_code", "http.response.status_code", "grpc.status_code", "rpc.grpc.status_code"];
const LONGEST_WORD = 12;

/** The status (`503`), a short word from the `error` tag (`reset`), or `error`; null when the span is well. */
export function faultOf(span: Span | null): string | null {
  const tags = span?.tags;
  if (!tags) return null;
  const status = STATUS.map((key) => tags[key]).find((value) => value !== undefined);
  const failedStatus = status !== undefined && /^5\d\d$/.test(status);
  const { error } = tags;
  if (error === undefined && !failedStatus && tags["otel.status_code"] !== "ERROR") return null;
  if (status && /^[45]\d\d$/.test(status)) return status;
  const word = error?.trim() ?? "";
  return word && word !== "true" && word.length <= LONGEST_WORD && !/\s/.test(word) ? word : "error";
}
