/** Failures in words: what happened, what to do. */
import type { Failure } from "../api/http";

export function wordsFor(failure: Failure): { readonly what: string; readonly remedy: string } {
  switch (failure.kind) {
    case "gone":
      return {
        what: "No answer from the server.",
        remedy: "Start it with “clew traces”, or look whether this machine still reaches it.",
      };
    case "notFound":
      return {
        what: "The server does not know this address.",
        remedy: "It may be an older one, its queries may be switched off, or what was there is gone.",
      };
    case "refused":
      return failure.status < 500
        ? { what: "The server did not accept the question:", remedy: failure.message }
        : { what: `The server failed (${failure.status}):`, remedy: failure.message || "its log says why." };
    case "garbled":
      return {
        what: "The answer could not be read:",
        remedy: `${failure.message}. Something between here and the server may have changed it.`,
      };
    default:
      return failure satisfies never;
  }
}
