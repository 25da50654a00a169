/** All that is known of one span. */
import { useState } from "preact/hooks";
import { type Zone, fullClock, zoneName } from "../model/clock";
import { type LookUp, labelOf, shiftInWords } from "../model/label";
import { count, duration } from "../model/numbers";
import { type Endpoint, type Micros, type Span, addressOf, micros } from "../model/span";
import { curlOf } from "../model/spanCurl";
import { inOrder } from "../model/tags";
import { type Node, type Trace, durationOf, ownTime } from "../model/tree";
import { Chips, ErrorPill, Mid, Swatch } from "./marks";
import { copy } from "./states";

/** Above this many tags a filter helps. */
const MANY_TAGS = 12;

export function SpanPanel({
  trace,
  node,
  look,
  zone,
  likeThis,
  onClose,
}: {
  trace: Trace;
  node: Node;
  look: LookUp;
  zone: Zone;
  /** Where spans of a service and an operation are found; null where searching is off. */
  likeThis: ((service: string, operation: string) => string) | null;
  onClose: () => void;
}) {
  const { alias, operation, mark, service } = labelOf(node, look);
  return (
    <aside class="side" aria-label="Span detail">
      <section>
        <h2 class="row">
          <Swatch mark={mark} />
          <bdi class="cut">{alias}</bdi>
          <bdi class="soft grow cut normal" title={operation}>
            {operation}
          </bdi>
          {node.error !== null && <ErrorPill text={node.error} began={node.errorBegan} />}
          <button type="button" class="plain tiny" aria-label="Close" onClick={onClose}>
            ✕
          </button>
        </h2>
        {node.kind === "missing" ? (
          <p class="sm muted">
            The spans below name a parent that never arrived. It may have been dropped, or still be on its way.
          </p>
        ) : (
          <Names service={service} chips={look(service).chips} span={node.joined ?? node.span} />
        )}
      </section>
      <section>
        <dl class="facts">
          <dt>Took</dt>
          <dd>
            <b>{duration(durationOf(node))}</b>
            {node.kind === "span" && node.span.duration === undefined && (
              <span class="muted"> its duration is unknown</span>
            )}
          </dd>
          {node.kind === "span" && (
            <>
              <dt>Own time</dt>
              <dd>{duration(ownTime(node))}</dd>
            </>
          )}
          <dt>Starts</dt>
          <dd>{node.start > 0 ? `${duration(node.start)} into the trace` : "with the trace"}</dd>
          {node.moved !== 0 && (
            <>
              <dt>Moved</dt>
              <dd>{shiftInWords(node)} than reported, since clocks were apart</dd>
            </>
          )}
          {node.span.timestamp !== undefined && (
            <>
              <dt>At</dt>
              <dd class="mono" title={zoneName(zone)}>
                {fullClock(node.span.timestamp, zone)}
              </dd>
            </>
          )}
          {node.joined?.duration !== undefined && (
            <>
              <dt>Server</dt>
              <dd>
                {duration(node.joined.duration)}{" "}
                <span class="muted">inside the client's {duration(durationOf(node))}</span>
              </dd>
            </>
          )}
          {node.async && (
            <>
              <dt>Waits</dt>
              <dd>nobody waits for it (asynchronous)</dd>
            </>
          )}
        </dl>
      </section>
      {node.kind === "span" && <Ends node={node} />}
      {node.kind === "span" && <Tags key={node.key} node={node} />}
      {node.kind === "span" && <Events trace={trace} node={node} />}
      {node.kind === "span" && (
        <Onward node={node} href={service && likeThis ? likeThis(service, nameIn(node)) : null} />
      )}
      {node.kind === "span" && <Ids trace={trace} node={node} />}
    </aside>
  );
}

const nameIn = ({ span, joined }: Node): string => (joined ?? span).name ?? "";

/** What to do with a span from here. */
function Onward({ node, href }: { node: Node; href: string | null }) {
  const command = curlOf(node);
  if (!href && !command) return null;
  return (
    <section>
      <p class="row sm">
        {href && <a href={href}>More like this</a>}
        {command && (
          <button type="button" class="plain tiny" title={command} onClick={() => void copy(command, "Command")}>
            Copy as curl
          </button>
        )}
      </p>
    </section>
  );
}

function Names({ service, chips, span }: { service: string; chips: readonly string[]; span: Span }) {
  return (
    <>
      <p class="sm mono soft">
        <bdi>{service || "unknown service"}</bdi>
        {service && (
          <>
            {" "}
            <button type="button" class="plain tiny" onClick={() => void copy(service, "Name")}>
              Copy
            </button>
          </>
        )}
      </p>
      <p class="row sm muted">
        <span>{span.kind ? span.kind.toLowerCase() : "local"}</span>
        <Chips chips={chips.filter((chip) => chip !== service)} />
      </p>
    </>
  );
}

/** Who talked to whom: both sides where both reported. */
function Ends({ node: { span, joined } }: { node: Node }) {
  const sides = joined ? [span, joined] : [span];
  const lines = sides
    .flatMap((side): (readonly [string, Endpoint | undefined])[] => {
      const who = !joined ? "Local" : side === joined ? "Server" : "Client";
      return [
        [who, side.localEndpoint],
        [joined ? `${who}'s peer` : "Remote", side.remoteEndpoint],
      ];
    })
    .filter(([, endpoint]) => endpoint !== undefined);
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>Endpoints</h2>
      <dl class="facts">
        {lines.map(([what, endpoint]) => (
          <EndLine key={what} what={what} endpoint={endpoint} />
        ))}
      </dl>
    </section>
  );
}

function EndLine({ what, endpoint }: { what: string; endpoint: Endpoint | undefined }) {
  const [address, name] = [addressOf(endpoint), endpoint?.serviceName];
  return (
    <>
      <dt>{what}</dt>
      <dd class="mono">
        <bdi>{address}</bdi>
        {name && name !== address && (
          <span class="row muted">
            <Mid text={name} />
          </span>
        )}
      </dd>
    </>
  );
}

function Tags({ node: { span, joined } }: { node: Node }) {
  const [filter, setFilter] = useState("");
  const tags = { ...span.tags, ...joined?.tags };
  const total = Object.keys(tags).length;
  const shown = inOrder(tags).filter(({ key, value }) =>
    `${key} ${value}`.toLowerCase().includes(filter.toLowerCase()),
  );
  if (total === 0) return null;
  return (
    <section>
      <h2 class="row">
        Tags <span class="muted sm normal grow">{count(total)}</span>
        {total > MANY_TAGS && (
          <input
            type="search"
            class="sm"
            aria-label="Filter tags"
            placeholder="Filter"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        )}
      </h2>
      <dl class="facts tags">
        {shown.map(({ key, value, group }) => (
          <TagLine key={key} name={key} value={value} error={group === "error"} />
        ))}
      </dl>
    </section>
  );
}

function TagLine({ name, value, error }: { name: string; value: string; error: boolean }) {
  return (
    <>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd class={error ? "bad" : ""}>{value === "" ? <span class="muted">(empty)</span> : <bdi>{value}</bdi>}</dd>
    </>
  );
}

function Events({ trace, node: { span, joined, start } }: { trace: Trace; node: Node }) {
  const events = [...(span.annotations ?? []), ...(joined?.annotations ?? [])].toSorted(
    (a, b) => a.timestamp - b.timestamp,
  );
  if (events.length === 0) return null;
  return (
    <section>
      <h2 class="row">
        Events <span class="muted sm normal">{count(events.length)}</span>
      </h2>
      <dl class="facts">
        {events.map(({ timestamp, value }) => (
          <EventLine
            key={`${timestamp} ${value}`}
            relative={timestamp - trace.start - start}
            absolute={micros(timestamp - trace.start)}
            value={value}
          />
        ))}
      </dl>
    </section>
  );
}

/** Relative to the span, then to the trace. */
function EventLine({ relative, absolute, value }: { relative: number; absolute: Micros; value: string }) {
  const sign = relative < 0 ? "−" : "+";
  return (
    <>
      <dt class="num">
        {sign}
        {duration(micros(Math.abs(relative)))}
      </dt>
      <dd>
        <bdi>{value}</bdi> <span class="muted">at {duration(absolute)}</span>
      </dd>
    </>
  );
}

function Ids({ trace, node: { span, joined } }: { trace: Trace; node: Node }) {
  const [open, setOpen] = useState(false);
  const reports = trace.spans.filter((report) => report.id === span.id);
  const json = JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2);
  return (
    <section>
      <h2 class="row">
        <span class="grow">Ids</span>
        <button type="button" class="plain tiny" aria-expanded={open} onClick={() => setOpen(!open)}>
          JSON
        </button>
        <button type="button" class="plain tiny" onClick={() => void copy(json, "JSON")}>
          Copy JSON
        </button>
      </h2>
      <dl class="facts">
        <dt>Span</dt>
        <dd class="mono">
          {span.id}
          {joined && <span class="muted"> shared by both sides</span>}
        </dd>
        <dt>Parent</dt>
        <dd class="mono">{span.parentId ?? joined?.parentId ?? <span class="muted">none</span>}</dd>
        <dt>Trace</dt>
        <dd class="mono">{span.traceId}</dd>
      </dl>
      {open && <pre>{json}</pre>}
    </section>
  );
}
