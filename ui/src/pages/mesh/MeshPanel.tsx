/** Beside the numbers of a mesh: what needs a look, the last requests, and what runs. */
import type { Failure } from "../../api/http";
import { getRequests } from "../../api/mesh";
import type { Concern } from "../../model/concerns";
import { clock } from "../../model/clock";
import { type Mesh, type Names, age } from "../../model/mesh";
import { count, duration } from "../../model/numbers";
import { micros } from "../../model/span";
import { ErrorPill } from "../../widgets/marks";
import { zone } from "../../widgets/settings";
import { playground } from "./NamesTable";
import { type Polled, usePolled } from "./polled";

const NEWEST = 8;

export function MeshPanel({
  mesh,
  now,
  names,
  concerns,
  paused,
}: {
  mesh: Mesh;
  /** Epoch milliseconds. */
  now: number;
  names: Polled<Names>;
  concerns: readonly Concern[];
  paused: boolean;
}) {
  return (
    <aside class="side" aria-label="Needs a look and last requests">
      <section>
        <h2>Needs a look {concerns.length > 0 && <span class="muted normal">{count(concerns.length)}</span>}</h2>
        {concerns.length === 0 && <p class="sm muted">{quiet(names)}</p>}
        {concerns.map((concern) => (
          <ConcernText key={`${concern.what} ${concern.about}`} concern={concern} />
        ))}
      </section>
      <LastRequests paused={paused} />
      <section>
        <h2>Data plane</h2>
        <dl class="facts">
          <dt>clew</dt>
          <dd>{mesh.version}</dd>
          <dt>Envoy</dt>
          <dd>{mesh.envoy}</dd>
          <dt>Up</dt>
          <dd>{age((now - mesh.started) / 1000)}</dd>
          {names.value && (
            <>
              <dt>Pushed</dt>
              <dd>
                <span class="mono">{names.value.version}</span>
                {names.value.epoch > 1 && `, names forgotten ${count(names.value.epoch - 1)}×`}
              </dd>
            </>
          )}
        </dl>
        <p class="sm">
          {DOCUMENTS.map(([href, words]) => (
            <span key={href}>
              <a href={href} target="_blank" rel="noreferrer">
                {words}
              </a>{" "}
            </span>
          ))}
        </p>
      </section>
    </aside>
  );
}

const DOCUMENTS: readonly (readonly [string, string])[] = [
  ["config.json", "Configuration"],
  ["admin/metrics.json?pretty=true", "Metrics"],
  ["admin", "All paths"],
];

/** Nothing to tell, or nothing that could be seen. */
function quiet({ value, failure }: Polled<Names>): string {
  if (value) return "Nothing.";
  return failure?.kind === "notFound" ? "Names are not shown: admin.security switches them off." : "";
}

const ConcernText = ({ concern: { tone, what, about, why, link } }: { concern: Concern }) => (
  <div class="concern">
    <p>
      <b class={tone}>
        {what}
        {about && ":"}
      </b>{" "}
      {about && <bdi class="mono">{about}</bdi>}
    </p>
    {why.map((line) => (
      <p key={line} class="sm soft">
        {line}
      </p>
    ))}
    {link && (
      <p class="sm">
        <a href={link.href}>{link.words}</a>
      </p>
    )}
  </div>
);

function LastRequests({ paused }: { paused: boolean }) {
  const { value, failure, at } = usePolled(getRequests, !paused);
  if (!value) return failure ? <NoRequests failure={failure} /> : null;
  const now = micros(at * 1000);
  return (
    <section>
      <h2 class="row">
        <span class="grow">Last requests</span>
        <a class="sm normal" href="requests">
          All
        </a>
      </h2>
      {value.length === 0 ? (
        <p class="sm muted">None yet.</p>
      ) : (
        <table class="sm quiet last">
          <tbody>
            {value.slice(0, NEWEST).map((request) => (
              <tr key={request.id}>
                <td class="mono muted">{clock(request.timestamp, now, zone.value).slice(0, 8)}</td>
                <td class="mono">
                  <a class="cut" href={playground(request.router, request.name)} title={request.name}>
                    {request.name || "–"}
                  </a>
                </td>
                <td class="num">
                  {request.error ? (
                    <ErrorPill text={request.status || "error"} began title="the answer of this request" />
                  ) : request.duration === null ? (
                    "–"
                  ) : (
                    duration(request.duration)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const NoRequests = ({ failure }: { failure: Failure }) =>
  failure.kind === "notFound" ? (
    <section>
      <h2>Last requests</h2>
      <p class="sm muted">
        They are not remembered. <a href="requests">How to</a>
      </p>
    </section>
  ) : null;
