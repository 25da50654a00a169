/** The last requests as they pass; each name opens the playground, each trace its page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { getMesh, getRequests } from "../../api/mesh";
import { clock, zoneName } from "../../model/clock";
import { type Collector, type RecentRequest, tracePage } from "../../model/mesh";
import { nameOf } from "../../model/names";
import { counted, duration } from "../../model/numbers";
import { type Micros, micros } from "../../model/span";
import { ErrorPill } from "../../widgets/marks";
import { useDrawn } from "../../widgets/ready";
import { useRows } from "../../widgets/rows";
import { zone } from "../../widgets/settings";
import { Empty, Progress, copy } from "../../widgets/states";
import { FindField, sought } from "../FindField";
import { useKeys } from "../keys";
import { Lost } from "./Lost";
import { playground } from "./NamesTable";
import { usePolled } from "./polled";

const EVERY_MS = 1000;
const TELEMETER = "telemetry:\n- kind: io.l5d.recentRequests\n  sampleRate: 1.0\n  capacity: 100";

export function RequestsPage() {
  const [paused, setPaused] = useState(false);
  const requests = usePolled(getRequests, !paused, EVERY_MS);
  const mesh = usePolled(getMesh);
  const find = sought();
  const found = (requests.value ?? []).filter((each) => textOf(each).toLowerCase().includes(find));
  const field = useRef<HTMLInputElement>(null);
  const pause = () => setPaused(!paused);
  useKeys({
    title: "Requests",
    keys: [
      { key: "/", words: "find a request", run: () => field.current?.focus() },
      { key: ".", words: "pause, go on", run: pause },
    ],
    told: [
      ["ArrowUp", "row above, also k"],
      ["ArrowDown", "row below, also j"],
    ],
  });
  useEffect(() => {
    document.title = "Requests · clew";
  }, []);
  useDrawn(requests.value ?? requests.failure);
  const off = requests.failure?.kind === "notFound";
  return (
    <>
      <h1 class="vh">Requests</h1>
      <div class="toolbar">
        <span class="sm muted cut" role="status">
          {requests.value && `the last ${counted(found.length, "request")}`}
          {requests.value && find && ` of ${requests.value.length}`}
        </span>
        <span class="grow" />
        <button type="button" class="plain tiny" aria-pressed={paused} onClick={pause}>
          {paused ? "Go on" : "Pause"}
        </button>
        <FindField label="Find request" hint="Find" field={field} />
      </div>
      <Progress on={!requests.value && !requests.failure} />
      {off ? <NotRemembered /> : <Lost polled={requests} />}
      {requests.value && !off && (
        <div class={`scroll${requests.failure ? " stale" : ""}`}>
          {found.length > 0 ? (
            <RequestsTable
              requests={found}
              now={micros(requests.at * 1000)}
              collector={mesh.value?.collectors[0] ?? null}
            />
          ) : (
            <Empty title={find ? "No request matches" : "No request yet"}>
              <p>{find ? "Clear the field to see all." : "They appear here as they pass."}</p>
            </Empty>
          )}
        </div>
      )}
    </>
  );
}

const textOf = (request: RecentRequest): string =>
  [
    request.router,
    request.name,
    request.client,
    request.destination,
    request.source,
    request.status,
    request.traceId,
  ].join(" ");

const NotRemembered = () => (
  <Empty
    title="Requests are not remembered"
    actions={
      <button type="button" onClick={() => void copy(TELEMETER, "Telemeter")}>
        Copy
      </button>
    }
  >
    <p>Add this telemeter to the linker file; it takes effect without a restart.</p>
    <pre>{TELEMETER}</pre>
  </Empty>
);

function RequestsTable({
  requests,
  now,
  collector,
}: {
  requests: readonly RecentRequest[];
  now: Micros;
  collector: Collector | null;
}) {
  const list = useRows<HTMLTableSectionElement>(requests.length);
  return (
    <table class="requests quiet">
      <caption class="vh">The last requests, the newest first</caption>
      <thead>
        <tr>
          <th class="at" title={zoneName(zone.value)}>
            Time
          </th>
          <th class="router">Router</th>
          <th>Name</th>
          <th>Went to</th>
          <th class="num fig">Status</th>
          <th class="num fig">Took</th>
          <th class="place wide">From</th>
          <th class="trace">Trace</th>
        </tr>
      </thead>
      <tbody ref={list.body} onKeyDown={list.onKeyDown}>
        {requests.map((request, i) => (
          <tr key={`${request.traceId} ${request.id}`}>
            <td class="mono muted">{clock(request.timestamp, now, zone.value)}</td>
            <td class="soft cut">{request.router}</td>
            <td>
              <a class="mono cut" href={playground(request.router, request.name)} {...list.row(i)}>
                <bdi title={request.name}>{request.name || "–"}</bdi>
              </a>
            </td>
            <td>
              <WentTo request={request} />
            </td>
            <td class="num">
              {request.error ? (
                <ErrorPill text={request.status || "error"} began title="the answer of this request" />
              ) : (
                request.status
              )}
            </td>
            <td class="num">{took(request.duration)}</td>
            <td class="mono soft cut wide">{request.source}</td>
            <td class="mono sm" title={request.traceId}>
              <TraceId id={request.traceId} collector={collector} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const took = (us: Micros | null): string => (us === null ? "–" : duration(us));

const WentTo = ({ request: { client, destination } }: { request: RecentRequest }) =>
  client ? (
    <span class="row" title={client}>
      <b class="alias">{nameOf(client).alias}</b>
      <span class="mono soft cut">{destination}</span>
    </span>
  ) : (
    <span class="muted">nowhere</span>
  );

/** A link where the mesh sends to a server that has pages. */
const TraceId = ({ id, collector }: { id: string; collector: Collector | null }) =>
  collector ? (
    <a class="cut" href={tracePage(collector, id, location.hostname)} target="_blank" rel="noreferrer">
      {id}
    </a>
  ) : (
    <span class="muted cut">{id}</span>
  );
