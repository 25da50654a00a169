/** A trace beside another: rows aligned by their shape, with what each took and the difference. */
import "../../styles/drawings.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../../api/http";
import { getTrace } from "../../api/zipkin";
import { callsOf } from "../../model/calls";
import { type Pair, aligned, comparison, differenceOf, signed } from "../../model/compare";
import { type LookUp, labelOf } from "../../model/label";
import { count, duration } from "../../model/numbers";
import { looksOf } from "../../model/services";
import { type Clocks, readClocks } from "../../model/skew";
import { micros, serviceOf } from "../../model/span";
import { traceIdIn } from "../../model/traceid";
import { type Node, type Trace, durationOf, rootOf } from "../../model/tree";
import { ErrorPill, Swatch, hueOf } from "../../widgets/marks";
import { useDrawn } from "../../widgets/ready";
import { type Rows, useRows } from "../../widgets/rows";
import { Empty, Fault, Progress } from "../../widgets/states";
import { wordsFor } from "../failures";
import { step } from "../place";
import { services } from "../services";

/** Rows that are drawn. */
const SHOWN = 2000;
/** The most that indenting takes from the names, in pixels. */
const DEEPEST = 120;

export interface CompareProps {
  /** As it is shown: with hops folded or not. */
  trace: Trace;
  /** Hops are folded. */
  calls: boolean;
  /** Clocks as they were reported. */
  raw: boolean;
  /** Of the other trace; empty while it is asked for. */
  id: string;
  onOpen: (key: string) => void;
  onEnd: () => void;
}

export function Compare({ trace, calls, raw, id, onOpen, onEnd }: CompareProps) {
  const { clocks, failure } = useOther(id);
  const reported = clocks && (raw ? clocks.raw : clocks.adjusted);
  const look = useMemo(
    () => looksOf(new Set([...trace.spans, ...(reported?.spans ?? [])].map(serviceOf)), services.value),
    [trace, reported, services.value],
  );
  const other = useMemo(() => reported && (calls ? callsOf(reported, look) : reported), [reported, calls, look]);
  const pairs = useMemo(() => other && aligned(trace, other, look), [trace, other, look]);
  useDrawn(pairs ?? failure);
  const end = () => {
    onEnd();
    if (id !== "") step({ with: null });
  };
  return (
    <>
      <Which id={id} own={trace.id} onEnd={end} />
      <Progress on={id !== "" && !clocks && !failure} />
      {failure &&
        (failure.kind === "notFound" ? (
          <Fault
            what={`No trace ${id}.`}
            remedy="It may have been dropped by sampling, or be older than what is kept."
          />
        ) : (
          <Fault {...wordsFor(failure)} />
        ))}
      {id === "" && (
        <Empty title="With which trace?">
          <p>Paste its id or a link to it: rows are put beside each other by service and operation.</p>
        </Empty>
      )}
      {pairs && other && (
        <>
          <p class="compared" role="status">
            {comparison(trace, other, pairs)}
          </p>
          <PairsTable pairs={pairs} look={look} extent={Math.max(trace.extent, other.extent, 1)} onOpen={onOpen} />
        </>
      )}
    </>
  );
}

function Which({ id, own, onEnd }: { id: string; own: string; onEnd: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    if (id === "") field.current?.focus();
  }, [id]);
  const submit = (event: Event) => {
    event.preventDefault();
    const asked = traceIdIn(field.current?.value ?? "");
    setWrong(asked === null ? "No trace id in that text" : asked === own ? "That is this trace" : "");
    if (asked !== null && asked !== own) step({ with: asked });
  };
  return (
    <form class="toolbar" onSubmit={submit}>
      <label class="row grow">
        <span class="sm muted">Compared with trace</span>
        <input
          key={id}
          ref={field}
          class="mono"
          aria-label="Other trace"
          aria-invalid={wrong !== ""}
          defaultValue={id}
          spellcheck={false}
          autocomplete="off"
          onInput={() => setWrong("")}
          onKeyDown={(event) => {
            if (event.key === "Escape") onEnd();
          }}
        />
        {wrong && (
          <span class="sm bad" role="alert">
            {wrong}
          </span>
        )}
      </label>
      {id !== "" && (
        <a class="sm" href={`traces/${id}`}>
          Open it
        </a>
      )}
      <button type="button" class="plain tiny" onClick={onEnd}>
        End comparing
      </button>
    </form>
  );
}

function useOther(id: string) {
  const [clocks, setClocks] = useState<Clocks | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    setClocks(null);
    setFailure(null);
    if (id === "") return undefined;
    const control = new AbortController();
    void getTrace(id, control.signal).then((answer) => {
      if (!answer) return;
      if (!answer.ok) setFailure(answer.failure);
      else {
        const read = readClocks(answer.value);
        if (rootOf(read.raw)) setClocks(read);
        else setFailure({ kind: "notFound" });
      }
    });
    return () => control.abort();
  }, [id]);
  return { clocks, failure };
}

function PairsTable({
  pairs,
  look,
  extent,
  onOpen,
}: {
  pairs: readonly Pair[];
  look: LookUp;
  extent: number;
  onOpen: (key: string) => void;
}) {
  const shown = pairs.slice(0, SHOWN);
  const list = useRows<HTMLTableSectionElement>(shown.length);
  const deepest = shown.reduce((most, { depth }) => Math.max(most, depth), 1);
  return (
    <div class="scroll">
      <table class="compare">
        <caption class="vh">Spans of both traces</caption>
        <thead>
          <tr>
            <th>Span</th>
            <th class="num fig">This</th>
            <th class="num fig">Other</th>
            <th class="num fig">Difference</th>
            <th class="bars">{`0 to ${duration(micros(extent))}`}</th>
          </tr>
        </thead>
        <tbody ref={list.body} onKeyDown={list.onKeyDown}>
          {shown.map((pair, i) => (
            <PairRow
              key={pair.key}
              pair={pair}
              look={look}
              indent={pair.depth * Math.min(8, DEEPEST / deepest)}
              extent={extent}
              row={list.row(i)}
              onOpen={onOpen}
            />
          ))}
        </tbody>
      </table>
      {pairs.length > SHOWN && (
        <p class="compared sm muted">{`${count(pairs.length - SHOWN)} more rows are not drawn.`}</p>
      )}
    </div>
  );
}

function PairRow({
  pair,
  look,
  indent,
  extent,
  row,
  onOpen,
}: {
  pair: Pair;
  look: LookUp;
  indent: number;
  extent: number;
  row: ReturnType<Rows<HTMLElement>["row"]>;
  onOpen: (key: string) => void;
}) {
  const { here, there } = pair;
  const node = pair.here ?? pair.there;
  if (!node) return null;
  const { alias, operation, mark, mesh } = labelOf(node, look);
  const difference = differenceOf(pair);
  return (
    <tr class={here ? "" : "gone"}>
      <td>
        <span class="name" style={{ paddingLeft: `${indent}px` }}>
          <span class="sign" title={here ? (there ? "" : "only in this trace") : "only in the other trace"}>
            {here ? (there ? "" : "+") : "−"}
          </span>
          <button type="button" class="plain" {...row} aria-disabled={!here} onClick={() => here && onOpen(here.key)}>
            <Swatch mark={mark} />
            <bdi class="alias cut">{alias}</bdi>
            <bdi class="soft cut" title={operation}>
              {operation}
            </bdi>
          </button>
          {node.error !== null && <ErrorPill text={node.error} began={node.errorBegan} />}
          {here?.error === null && there?.error && (
            <ErrorPill text={`${there.error} there`} began={false} title="in the other trace" />
          )}
        </span>
      </td>
      <td class="num">{here ? duration(durationOf(here)) : ""}</td>
      <td class="num soft">{there ? duration(durationOf(there)) : ""}</td>
      <td class={`num${difference !== null && difference > 0 ? " slower" : ""}`}>
        {difference === null ? (here ? "only here" : "only there") : signed(difference)}
      </td>
      <td>
        <svg width="100%" height="16" aria-hidden="true">
          {here && <Bar node={here} y={2} height={6} extent={extent} token={mesh ? "mesh" : hueOf(mark)} />}
          {there && <Bar node={there} y={10} height={4} extent={extent} token="line-strong" />}
        </svg>
      </td>
    </tr>
  );
}

const Bar = ({
  node,
  y,
  height,
  extent,
  token,
}: {
  node: Node;
  y: number;
  height: number;
  extent: number;
  token: string;
}) => (
  <rect
    x={`${(node.start / extent) * 100}%`}
    y={y}
    width={`${Math.max(0.3, ((node.end - node.start) / extent) * 100)}%`}
    height={height}
    fill={`var(--${token})`}
  />
);
