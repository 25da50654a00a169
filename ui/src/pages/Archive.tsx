/** Sends a trace to where traces are kept for longer, when the server says where that is. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api/http";
import { send } from "../api/http";
import { forArchive } from "../model/archive";
import type { Node, Trace } from "../model/tree";
import { linkFor } from "../model/uiConfig";
import { config } from "./config";

type State = { readonly kind: "idle" | "sending" | "done" } | { readonly kind: "failed"; readonly words: string };

export function Archive({ trace, root }: { trace: Trace; root: Node }) {
  const [state, setState] = useState<State>({ kind: "idle" });
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const [post, link] = [config.value?.archivePostUrl, linkFor(config.value?.archiveUrl ?? null, trace.id)];
  if (!post) return null;
  const archive = async () => {
    setState({ kind: "sending" });
    const answer = await send(post, forArchive(trace.spans, root.span.id), leaving.current.signal);
    if (answer) setState(answer.ok ? { kind: "done" } : { kind: "failed", words: wordsFor(answer.failure) });
  };
  return (
    <>
      <span class="row sm" role="status">
        {state.kind === "failed" && <span class="bad">{state.words}</span>}
        {state.kind === "done" &&
          (link ? (
            <a href={link} target="_blank" rel="noreferrer">
              Archived
            </a>
          ) : (
            <span class="muted">Archived</span>
          ))}
      </span>
      {state.kind !== "done" && (
        <button type="button" disabled={state.kind === "sending"} onClick={() => void archive()}>
          Archive
        </button>
      )}
    </>
  );
}

function wordsFor(failure: Failure): string {
  switch (failure.kind) {
    case "gone":
      return "The archive did not answer, or takes nothing from these pages (CORS).";
    case "notFound":
      return "The archive's address leads nowhere (404).";
    case "refused":
      return `The archive refused it (${failure.status}): ${failure.message || "without a reason"}`;
    case "garbled":
      return `The archive's answer could not be read: ${failure.message}`;
    default:
      return failure satisfies never;
  }
}
