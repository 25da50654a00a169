/** Services and the calls between them, from left to right. */
import { useMemo, useRef, useState } from "preact/hooks";
import { type Layout, type Point, layout } from "../model/layout";
import { type Edge, type Place, type ServiceMap, edgeId } from "../model/map";
import { cut } from "../model/names";
import { counted, duration, percent } from "../model/numbers";
import { Swatch } from "./marks";

const NODE = { width: 168, height: 46 };
const GAP = { x: 88, y: 26 };
const EDGE = 24;
const LONGEST_ALIAS = 19;

export function Graph({
  map,
  selected,
  onSelect,
  label = "Service map; the same numbers as a table under As table",
}: {
  map: ServiceMap;
  /** The name of a service, or the id of an edge. */
  selected: string | null;
  onSelect: (id: string) => void;
  label?: string;
}) {
  const drawn = useMemo(() => arranged(map), [map]);
  const svg = useRef<SVGSVGElement>(null);
  const [stop, setStop] = useState(0);
  const first = Math.min(stop, map.places.length - 1);
  const keydown = (event: KeyboardEvent) => {
    const to = walk(map, drawn, first, event.key);
    if (event.key === "Enter" || event.key === " ") onSelect(map.places[first]?.name ?? "");
    else if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
    else focus(to);
    event.preventDefault();
  };
  const focus = (index: number) => {
    setStop(index);
    svg.current?.querySelectorAll<SVGElement>(".node")[index]?.focus();
  };
  return (
    <svg
      ref={svg}
      class="graph"
      role="group"
      aria-label={label}
      width={drawn.columns * (NODE.width + GAP.x) - GAP.x + 2 * EDGE}
      height={drawn.rows * (NODE.height + GAP.y) - GAP.y + 2 * EDGE}
      onKeyDown={keydown}
    >
      <defs>
        {(["line-strong", "error"] as const).map((token) => (
          <marker
            key={token}
            id={`to-${token}`}
            viewBox="0 0 6 6"
            refX="5.5"
            refY="3"
            markerWidth="6"
            markerHeight="6"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0l6 3-6 3z" fill={`var(--${token})`} />
          </marker>
        ))}
      </defs>
      {map.edges.map((edge, i) => (
        <Line
          key={edgeId(edge.link)}
          edge={edge}
          path={pathOf(drawn.ways[i] ?? [])}
          selected={selected === edgeId(edge.link)}
          onSelect={onSelect}
        />
      ))}
      {map.places.map((place, i) => (
        <Box
          key={place.name}
          place={place}
          at={drawn.nodes[i] ?? { x: 0, y: 0 }}
          selected={selected === place.name}
          reachable={i === first}
          onFocus={() => setStop(i)}
          onSelect={onSelect}
        />
      ))}
      {map.edges.map(
        (edge, i) => edge.bad && <Trouble key={edgeId(edge.link)} edge={edge} way={drawn.ways[i] ?? []} />,
      )}
    </svg>
  );
}

function arranged(map: ServiceMap): Layout {
  const index = new Map(map.places.map(({ name }, i) => [name, i]));
  return layout(
    map.places.length,
    map.edges.map(({ link }) => [index.get(link.parent) ?? 0, index.get(link.child) ?? 0] as const),
  );
}

/** Where an arrow leads: right and left along an edge, up and down within the column. */
function walk(map: ServiceMap, { nodes }: Layout, from: number, key: string): number | null {
  const here = nodes[from];
  const name = map.places[from]?.name;
  if (!here) return null;
  const indexOf = (other: string | undefined) => {
    const at = map.places.findIndex((place) => place.name === other);
    return at < 0 ? null : at;
  };
  const others = map.edges.filter(({ link }) => link.parent !== link.child);
  const column = [...nodes.entries()].filter(([, { x }]) => x === here.x).toSorted((a, b) => a[1].y - b[1].y);
  const place = column.findIndex(([i]) => i === from);
  switch (key) {
    case "ArrowRight":
      return indexOf(others.find(({ link }) => link.parent === name)?.link.child);
    case "ArrowLeft":
      return indexOf(others.find(({ link }) => link.child === name)?.link.parent);
    case "ArrowDown":
      return column[place + 1]?.[0] ?? null;
    case "ArrowUp":
      return column[place - 1]?.[0] ?? null;
    default:
      return null;
  }
}

const left = ({ x }: Point): number => EDGE + x * (NODE.width + GAP.x);
const top = ({ y }: Point): number => EDGE + y * (NODE.height + GAP.y);
const middle = (point: Point): number => top(point) + NODE.height / 2;

/** From side to side; an edge that leads back leaves and arrives at the same sides. */
function pathOf(way: readonly Point[]): string {
  const [start, end] = [way[0], way.at(-1)];
  if (!start || !end) return "";
  if (way.length === 2 && start.x === end.x) return loop(start, end);
  const back = end.x < start.x;
  let d = `M${left(start) + (back ? 0 : NODE.width)} ${middle(start)}`;
  let [x, y] = [left(start) + (back ? 0 : NODE.width), middle(start)];
  for (const point of way.slice(1)) {
    const [enter, leave] = back ? [left(point) + NODE.width, left(point)] : [left(point) - 1, left(point) + NODE.width];
    const half = (x + enter) / 2;
    d += `C${half} ${y} ${half} ${middle(point)} ${enter} ${middle(point)}`;
    if (point !== end) d += `H${leave}`;
    [x, y] = [leave, middle(point)];
  }
  return d;
}

/** To oneself, or within a column: out and in at the right. */
function loop(start: Point, end: Point): string {
  const x = left(start) + NODE.width;
  const [y, z] = start.y === end.y ? [middle(start) - 8, middle(end) + 8] : [middle(start), middle(end)];
  return `M${x} ${y}C${x + 40} ${y} ${x + 40} ${z} ${x} ${z}`;
}

function Line({
  edge: { link, bad },
  path,
  selected,
  onSelect,
}: {
  edge: Edge;
  path: string;
  selected: boolean;
  onSelect: (id: string) => void;
}) {
  return (
    <g class="line" onClick={() => onSelect(edgeId(link))}>
      {selected && <path class="halo" d={path} />}
      <path
        class={`edge${bad ? " bad" : ""}`}
        d={path}
        stroke-width={0.5 + Math.log10(link.callCount + 1)}
        marker-end={`url(#to-${bad ? "error" : "line-strong"})`}
      />
      <path class="hit" d={path} />
    </g>
  );
}

function Box({
  place,
  at,
  selected,
  reachable,
  onFocus,
  onSelect,
}: {
  place: Place;
  at: Point;
  selected: boolean;
  reachable: boolean;
  onFocus: () => void;
  onSelect: (id: string) => void;
}) {
  const { name, alias, mark, calls, failing, p99, outside } = place;
  const numbers = [
    calls > 0 ? counted(calls, "call") : "not called",
    p99 === null ? "" : duration(p99),
    failing > 0 ? percent(failing) : "",
  ].filter(Boolean);
  const shown = cut(alias, LONGEST_ALIAS);
  return (
    <g
      class={`node${outside ? " outside" : ""}${selected ? " on" : ""}`}
      transform={`translate(${left(at)} ${top(at)})`}
      role="button"
      tabIndex={reachable ? 0 : -1}
      aria-pressed={selected}
      aria-label={`${shown} ${numbers.join(" · ")}${outside ? ", seen from callers only" : ""}`}
      onFocus={onFocus}
      onClick={() => onSelect(name)}
    >
      <title>{name}</title>
      <rect width={NODE.width} height={NODE.height} rx="4" />
      <svg x="10" y="10" width="10" height="10">
        <Swatch mark={mark} />
      </svg>
      <text class="alias" x="27" y="19">
        {shown}
      </text>{" "}
      <text x="10" y="37">
        {numbers.slice(0, failing > 0 ? -1 : undefined).join(" · ")}
        {failing > 0 && <tspan class={failing >= 0.01 ? "bad" : ""}>{` · ${percent(failing)}`}</tspan>}
      </text>
    </g>
  );
}

/** The number of a failing edge, filled where it began. */
function Trouble({ edge: { failing, began }, way }: { edge: Edge; way: readonly Point[] }) {
  const [before, end] = way.slice(-2);
  if (!before || !end) return null;
  const text = percent(failing);
  const width = text.length * 6 + 10;
  const x = before.x === end.x ? left(end) + NODE.width + 30 : (left(before) + NODE.width + left(end)) / 2;
  return (
    <g class={`label${began ? " began" : ""}`} aria-hidden="true">
      <rect x={x - width / 2} y={(middle(before) + middle(end)) / 2 - 8} width={width} height="16" rx="3" />
      <text x={x} y={(middle(before) + middle(end)) / 2 + 4} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}
