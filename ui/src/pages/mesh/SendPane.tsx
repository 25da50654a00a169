/** One request through a router, and what came back. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../../api/http";
import { sendRequest } from "../../api/mesh";
import { type Collector, type Router, tracePage } from "../../model/mesh";
import { count, duration } from "../../model/numbers";
import { type Draft, METHODS, type Reply, addressFor, asCurl, readDraft, readHeaders } from "../../model/sending";
import { micros } from "../../model/span";
import { ErrorPill } from "../../widgets/marks";
import { Fault, Progress, copy } from "../../widgets/states";
import { wordsFor } from "../failures";

/** What methods do that change nothing. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export function SendPane({
  router,
  name,
  override,
  collector,
  field,
}: {
  router: Router;
  name: string;
  override: string;
  /** Where traces can be looked at; null for nowhere. */
  collector: Collector | null;
  field: RefObject<HTMLInputElement | null>;
}) {
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const draft: Draft = { method: "GET", address: addressFor(name), headers: "", body: "", ...typed };
  const type = (changes: Partial<Draft>) => setTyped({ ...typed, ...changes });
  const sent = readDraft(draft, router.label, override);
  const { answer, waiting, send } = useSending();
  const [confirmed, setConfirmed] = useState<"not yet" | "asked" | "yes">("not yet");
  const [mistake, setMistake] = useState("");
  const safe = SAFE.has(draft.method);
  const submit = () => {
    setMistake(typeof sent === "string" ? sent : "");
    if (typeof sent === "string" || waiting) return;
    if (!safe && confirmed !== "yes") setConfirmed(confirmed === "asked" ? "yes" : "asked");
    if (safe || confirmed !== "not yet") send(sent);
  };
  useCtrlEnter(submit);
  const asking = !safe && confirmed === "asked";
  const words = draft.method === "GET" ? "Send" : `Send ${draft.method}`;
  return (
    <section class="send" aria-label="Send a request">
      <h2>
        <span class="grow">Send a request</span>
        <span class="muted normal">{`through ${router.label}, sampled${override.trim() ? ", with the override" : ""}`}</span>
      </h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <select
          aria-label="Method"
          value={draft.method}
          onChange={(event) => type({ method: event.currentTarget.value as Draft["method"] })}
        >
          {METHODS.map((method) => (
            <option key={method}>{method}</option>
          ))}
        </select>
        <input
          ref={field}
          class="mono"
          aria-label="Address"
          aria-invalid={mistake !== ""}
          placeholder="http://hello/"
          spellcheck={false}
          autocomplete="off"
          value={draft.address}
          onInput={(event) => type({ address: event.currentTarget.value })}
        />
        <button type="submit" class="primary" disabled={waiting}>
          {asking ? `${words} now` : words}
        </button>
        <label for="sent-headers" class="muted">
          Headers
        </label>
        <textarea
          id="sent-headers"
          class="mono"
          rows={1}
          spellcheck={false}
          placeholder="name: value"
          value={draft.headers}
          onInput={(event) => type({ headers: event.currentTarget.value })}
        />
        {draft.method === "POST" && (
          <>
            <label for="sent-body" class="muted">
              Body
            </label>
            <textarea
              id="sent-body"
              class="mono"
              rows={2}
              spellcheck={false}
              value={draft.body}
              onInput={(event) => type({ body: event.currentTarget.value })}
            />
          </>
        )}
      </form>
      {mistake && (
        <p class="mistake bad" role="alert">
          {mistake}
        </p>
      )}
      {asking && (
        <p class="note sm" role="status">
          {`${draft.method} may change what the service keeps. Send it once more to go on.`}
        </p>
      )}
      <Progress on={waiting} />
      <div class={waiting ? "stale" : ""} aria-live="polite">
        {answer &&
          (answer.ok ? <ReplyFacts reply={answer.value} collector={collector} /> : <NotSent answer={answer} />)}
      </div>
      {typeof sent !== "string" && (
        <p class="row as-curl">
          <span class="muted">As curl</span>
          <code class="cut grow" title={asCurl(sent, router)}>
            {asCurl(sent, router)}
          </code>
          <button type="button" class="plain tiny" onClick={() => void copy(asCurl(sent, router), "Command")}>
            Copy
          </button>
        </p>
      )}
    </section>
  );
}

/** What was answered last stays until the next answer; a new request ends the wait for one before. */
function useSending() {
  const [answer, setAnswer] = useState<Answer<Reply> | null>(null);
  const [waiting, setWaiting] = useState(false);
  const control = useRef(new AbortController());
  useEffect(() => () => control.current.abort(), []);
  const send = (request: Parameters<typeof sendRequest>[0]) => {
    control.current.abort();
    control.current = new AbortController();
    setWaiting(true);
    void sendRequest(request, control.current.signal).then((said) => {
      if (!said) return;
      setWaiting(false);
      setAnswer(said);
    });
  };
  return { answer, waiting, send };
}

function useCtrlEnter(run: () => void): void {
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      newest.current();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function ReplyFacts({ reply, collector }: { reply: Reply; collector: Collector | null }) {
  const { status, took_ms, headers, body, more, trace_id } = reply;
  const [open, setOpen] = useState(false);
  const { mesh, rest } = readHeaders(headers);
  return (
    <dl class="facts reply">
      <dt>Reply</dt>
      <dd class="row">
        {status >= 500 ? <ErrorPill text={String(status)} began title="the answer" /> : <b>{status}</b>}
        <span class="soft">{duration(micros(took_ms * 1000))}</span>
      </dd>
      {trace_id && (
        <>
          <dt>Trace</dt>
          <dd class="mono">
            {collector ? (
              <a href={tracePage(collector, trace_id, location.hostname)} target="_blank" rel="noreferrer">
                {trace_id}
              </a>
            ) : (
              trace_id
            )}
          </dd>
        </>
      )}
      {(open ? [...mesh, ...rest] : mesh).map(([name, values]) => (
        <HeaderLine key={name} name={name} values={values} />
      ))}
      {rest.length > 0 && (
        <>
          <dt>Headers</dt>
          <dd>
            <button type="button" class="plain tiny" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Those of the mesh alone" : `${count(rest.length)} more`}
            </button>
          </dd>
        </>
      )}
      {body && (
        <>
          <dt>Body</dt>
          <dd>
            <pre>{body}</pre>
            {more && <span class="muted">It goes on.</span>}
          </dd>
        </>
      )}
    </dl>
  );
}

const HeaderLine = ({ name, values }: { name: string; values: string }) => (
  <>
    <dt class="mono">
      <bdi>{name}</bdi>
    </dt>
    <dd class={`mono lines${name === "l5d-err" ? " bad" : ""}`}>
      <bdi>{values}</bdi>
    </dd>
  </>
);

function NotSent({ answer: { failure } }: { answer: Extract<Answer<Reply>, { ok: false }> }) {
  if (failure.kind === "notFound")
    return <Fault what="Requests are not sent here." remedy="admin.security in the linker file says what is served." />;
  return failure.kind === "refused" ? (
    <Fault what="No reply." remedy={`${failure.message}.`} />
  ) : (
    <Fault {...wordsFor(failure)} />
  );
}
