/** Calls between services, one line for each pair. */
import "../styles/map.css";
import { type Link, type ServiceMap, edgeId } from "../model/map";
import { count, duration, percent } from "../model/numbers";
import { Swatch } from "../widgets/marks";

const HUNDREDTHS = ["p50", "p99"] as const;

export function LinkTable({
  map,
  selected,
  onSelect,
  times = HUNDREDTHS,
}: {
  map: ServiceMap;
  selected: string | null;
  onSelect: (id: string) => void;
  /** What the two times are. */
  times?: readonly [string, string];
}) {
  const byName = new Map(map.places.map((place) => [place.name, place]));
  const name = (raw: string) => {
    const place = byName.get(raw);
    return (
      place && (
        <span class="row" title={raw}>
          <Swatch mark={place.mark} />
          <bdi class="cut">{place.alias}</bdi>
        </span>
      )
    );
  };
  return (
    <div class="scroll">
      <table class="links">
        <caption class="vh">Calls between services</caption>
        <thead>
          <tr>
            <th>Caller</th>
            <th>Called</th>
            <th class="num">Calls</th>
            <th class="num">Errors</th>
            <th class="num">{times[0]}</th>
            <th class="num">{times[1]}</th>
          </tr>
        </thead>
        <tbody>
          {map.edges.map(({ link, failing, bad }) => (
            <tr key={edgeId(link)} class={selected === edgeId(link) ? "on" : ""} onClick={() => onSelect(edgeId(link))}>
              <td>{name(link.parent)}</td>
              <td>
                <button type="button" class="plain tiny called" onClick={(event) => choose(event, link, onSelect)}>
                  {name(link.child)}
                </button>
              </td>
              <td class="num">{count(link.callCount)}</td>
              <td class={`num${bad ? " bad" : " soft"}`}>{failing > 0 ? percent(failing) : "0"}</td>
              <td class="num soft">{link.latency ? duration(link.latency.p50) : "–"}</td>
              <td class="num">{link.latency ? duration(link.latency.p99) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The row would take the same click, and undo it. */
function choose(event: Event, link: Link, onSelect: (id: string) => void): void {
  event.stopPropagation();
  onSelect(edgeId(link));
}
