/** Traces out of a file, without a server that stores them. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { counted } from "../model/numbers";
import { looksOf } from "../model/services";
import { readClocks } from "../model/skew";
import { type Span, micros, serviceOf } from "../model/span";
import { sorted, summarise } from "../model/summary";
import { useDrawn } from "../widgets/ready";
import { zone } from "../widgets/settings";
import { Empty, Fault, Progress } from "../widgets/states";
import { OpenFile } from "./OpenFile";
import { ResultsTable } from "./ResultsTable";
import { TraceView } from "./TraceView";
import { params } from "./place";
import { services } from "./services";
import { UPLOADED, opened } from "./upload";

/** Rows at once: a file may hold tens of thousands. */
const AT_ONCE = 100;

export function UploadPage() {
  const { file, at, upload } = opened.value ?? { file: "", at: 0, upload: null };
  useEffect(() => {
    document.title = `${file || "a file of traces"} · clew`;
  }, [file]);
  useDrawn(upload);
  if (!file)
    return (
      <Empty title="No file is open" actions={<OpenFile kind="primary" />}>
        <p>A file is read by this browser alone and is gone when the page is loaded anew.</p>
      </Empty>
    );
  if (!upload) return <Progress on />;
  if (!upload.ok)
    return (
      <>
        <h1 class="vh">File of traces</h1>
        <Fault
          what={upload.reason}
          remedy="Take what Download on a trace, or Zipkin's API, writes."
          action={<OpenFile kind="plain" />}
        />
      </>
    );
  return <Traces file={file} at={at} traces={upload.traces} />;
}

interface Listed {
  file: string;
  /** When it was opened, epoch milliseconds. */
  at: number;
  traces: readonly (readonly Span[])[];
}

/** The trace that the address names, the only one, or the list of all. */
function Traces({ file, at, traces }: Listed) {
  const asked = params.value.get("trace");
  const chosen =
    traces.length === 1 ? traces[0] : traces.find((spans) => spans.some(({ traceId }) => traceId === asked));
  return chosen ? <OneTrace file={file} spans={chosen} /> : <Many file={file} at={at} traces={traces} />;
}

function OneTrace({ file, spans }: { file: string; spans: readonly Span[] }) {
  const clocks = useMemo(() => readClocks(spans), [spans]);
  const look = useMemo(() => looksOf(new Set(spans.map(serviceOf)), services.value), [spans, services.value]);
  return <TraceView clocks={clocks} look={look} stale={false} file={file} onAgain={null} />;
}

function Many({ file, at, traces }: Listed) {
  const look = useMemo(() => looksOf(new Set(traces.flat().map(serviceOf)), services.value), [traces, services.value]);
  const [shown, setShown] = useState(AT_ONCE);
  const summaries = useMemo(
    () =>
      sorted(
        traces.map((spans) => summarise(spans, look)).filter((summary) => summary !== null),
        "newest",
      ),
    [traces, look],
  );
  return (
    <div class="page">
      <h1 class="vh">File of traces</h1>
      <div class="toolbar">
        <h2>Traces</h2>
        <span class="sm muted cut">
          {counted(traces.length, "trace")} in <bdi>{file}</bdi>
        </span>
      </div>
      <ResultsTable
        summaries={summaries.slice(0, shown)}
        sort="newest"
        look={look}
        now={micros(at * 1000)}
        zone={zone.value}
        linkOf={(id) => `${UPLOADED}?${new URLSearchParams({ trace: id })}`}
        onMore={shown < summaries.length ? () => setShown(shown + AT_ONCE) : null}
      />
    </div>
  );
}
