/** Why there is no result, and what to do about it. */
import { type Search, describe, lookbackName } from "../model/search";
import { nearest } from "../model/nearest";
import type { KnownService } from "../model/services";
import { Empty, copy } from "../widgets/states";

const FIRST_REQUEST = "http_proxy=127.0.0.1:4140 curl http://hello";
const DAY = 86_400_000;
const WEEK = 7 * DAY;

export function NothingFound({
  search,
  services,
  onRun,
}: {
  search: Search;
  services: readonly KnownService[];
  onRun: (search: Search) => void;
}) {
  if (services.length === 0) return <StoreEmpty />;
  const unknown = search.service !== "" && !services.some(({ name }) => name === search.service.toLowerCase());
  const near = unknown
    ? nearest(
        search.service,
        services.map(({ name }) => name),
      )
    : null;
  const wider = search.lookback < DAY ? DAY : search.lookback < WEEK ? WEEK : null;
  return (
    <Empty
      title={
        unknown ? (
          <>
            Nothing from <bdi class="mono">{search.service}</bdi> in this {lookbackName(search.lookback)}
          </>
        ) : (
          "No trace matches"
        )
      }
      actions={
        <>
          {near && (
            <button type="button" onClick={() => onRun({ ...search, service: near })}>
              Search <bdi class="mono">{near}</bdi>
            </button>
          )}
          {wider && (
            <button type="button" onClick={() => onRun({ ...search, lookback: wider, until: null })}>
              Search the last {lookbackName(wider)}
            </button>
          )}
        </>
      }
    >
      <p>
        {reason(search, unknown)}
        {near && (
          <>
            {" "}
            Did you mean{" "}
            <code>
              <bdi>{near}</bdi>
            </code>
            ?
          </>
        )}
      </p>
    </Empty>
  );
}

function reason(search: Search, unknown: boolean): string {
  if (unknown) return "No service of that name has sent spans lately.";
  const asked = describe(search);
  return asked
    ? `No trace of the last ${lookbackName(search.lookback)} has ${asked}.`
    : `No trace began in the last ${lookbackName(search.lookback)}.`;
}

const StoreEmpty = () => (
  <Empty
    title="No traces yet"
    actions={
      <button type="button" onClick={() => void copy(FIRST_REQUEST, "Command")}>
        Copy
      </button>
    }
  >
    <p>Nothing has been received in this store. Spans come:</p>
    <ul>
      <li>
        from reporters of Zipkin that send to <code>{location.origin}/api/v2/spans</code>
      </li>
      <li>
        from OpenTelemetry with <code>{location.origin}/v1/traces</code> as its endpoint for traces
      </li>
      <li>
        from a mesh, with a request that goes through it:
        <pre>{FIRST_REQUEST}</pre>
      </li>
    </ul>
  </Empty>
);
