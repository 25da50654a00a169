/** What needs a look, then what is selected: a call between two services, or a service. */
import type { ComponentChildren } from "preact";
import { type Edge, type Place, type ServiceMap, edgeId } from "../model/map";
import { count, duration, percent } from "../model/numbers";
import type { Search } from "../model/search";
import { Swatch } from "../widgets/marks";
import { searchLink } from "./config";

interface Naming {
  /** The place of a raw name. */
  readonly of: (name: string) => Place | undefined;
}

interface PanelProps {
  map: ServiceMap;
  selected: string | null;
  window: Search;
  onSelect: (id: string | null) => void;
}

export function MapPanel({ map, selected, window, onSelect }: PanelProps) {
  const bad = map.edges.filter((edge) => edge.bad);
  const byName = new Map(map.places.map((place) => [place.name, place]));
  const naming: Naming = { of: (name) => byName.get(name) };
  const edge = map.edges.find(({ link }) => edgeId(link) === selected);
  const place = selected === null ? undefined : byName.get(selected);
  return (
    <aside class={edge || place ? "side" : "side idle"} aria-label="Selection">
      <section>
        <h2>
          Needs a look <span class="muted sm normal">{count(bad.length)}</span>
        </h2>
        {bad.length === 0 && <p class="sm muted">No call fails in 1 % or more.</p>}
        <ul class="sm">
          {bad.map((each) => (
            <EdgeButton key={edgeId(each.link)} edge={each} naming={naming} onSelect={onSelect} />
          ))}
        </ul>
      </section>
      {edge && <EdgeDetail edge={edge} naming={naming} window={window} onClose={() => onSelect(null)} />}
      {place && <PlaceDetail place={place} map={map} naming={naming} window={window} onSelect={onSelect} />}
      {!edge && !place && (
        <section>
          <p class="sm muted">Choose a service or a line to see its numbers.</p>
        </section>
      )}
    </aside>
  );
}

function EdgeButton({
  edge: { link, failing, bad },
  naming,
  onSelect,
}: {
  edge: Edge;
  naming: Naming;
  onSelect: (id: string) => void;
}) {
  return (
    <li>
      <button type="button" class="plain tiny call" onClick={() => onSelect(edgeId(link))}>
        <bdi class="cut">{naming.of(link.parent)?.alias}</bdi> → <bdi class="cut">{naming.of(link.child)?.alias}</bdi>
      </button>{" "}
      <span class={bad ? "bad" : "muted"}>
        {failing > 0 ? `${percent(failing)} errors` : `${count(link.callCount)} calls`}
      </span>
    </li>
  );
}

const Head = ({ children, onClose }: { children: ComponentChildren; onClose: () => void }) => (
  <h2 class="row">
    {children}
    <span class="grow" />
    <button type="button" class="plain tiny" aria-label="Close" onClick={onClose}>
      ✕
    </button>
  </h2>
);

function EdgeDetail({
  edge: { link, failing, bad, began },
  naming,
  window,
  onClose,
}: {
  edge: Edge;
  naming: Naming;
  window: Search;
  onClose: () => void;
}) {
  const { parent, child, callCount, errorCount = 0, latency } = link;
  const traces = searchLink({ ...window, service: parent, remote: child });
  return (
    <section>
      <Head onClose={onClose}>
        <PlaceName place={naming.of(parent)} /> → <PlaceName place={naming.of(child)} />
      </Head>
      <p class="sm mono muted">
        <bdi>{parent}</bdi>
        <br />→ <bdi>{child}</bdi>
      </p>
      <dl class="facts">
        <dt>Calls</dt>
        <dd>{count(callCount)}</dd>
        <dt>Errors</dt>
        <dd class={bad ? "bad" : ""}>
          {errorCount > 0 ? `${count(errorCount)} (${percent(failing)})` : "none"}
          {began && " began here"}
        </dd>
        {latency &&
          (["p50", "p95", "p99", "max"] as const).map((quantile) => (
            <QuantileLine key={quantile} words={quantile} value={duration(latency[quantile])} />
          ))}
      </dl>
      <p class="sm">
        <a href={traces}>Traces of this edge</a>
      </p>
    </section>
  );
}

const QuantileLine = ({ words, value }: { words: string; value: string }) => (
  <>
    <dt>{words}</dt>
    <dd>{value}</dd>
  </>
);

const PlaceName = ({ place }: { place: Place | undefined }) =>
  place && (
    <>
      <Swatch mark={place.mark} />
      <bdi class="cut">{place.alias}</bdi>
    </>
  );

function PlaceDetail({
  place,
  map,
  naming,
  window,
  onSelect,
}: Omit<PanelProps, "selected"> & { place: Place; naming: Naming }) {
  const called = map.edges.filter(({ link }) => link.parent === place.name);
  const callers = map.edges.filter(({ link }) => link.child === place.name);
  return (
    <section>
      <Head onClose={() => onSelect(null)}>
        <PlaceName place={place} />
      </Head>
      <p class="sm mono muted">
        <bdi>{place.name}</bdi>
      </p>
      {place.outside ? (
        <p class="sm muted">seen from callers only</p>
      ) : (
        <p class="sm">
          <a href={searchLink({ ...window, service: place.name })}>Traces of this service</a>
        </p>
      )}
      {[["Called by", callers] as const, ["Calls", called] as const].map(
        ([words, edges]) =>
          edges.length > 0 && (
            <div key={words}>
              <h3>{words}</h3>
              <ul class="sm">
                {edges.map((edge) => (
                  <EdgeButton key={edgeId(edge.link)} edge={edge} naming={naming} onSelect={onSelect} />
                ))}
              </ul>
            </div>
          ),
      )}
    </section>
  );
}
