/** Who calls whom in a window, and where it hurts. */
import type { LookUp } from "./label";
import { EVERYTHING, type Search, readSearch } from "./search";
import type { Mark } from "./services";
import type { Micros } from "./span";

/** One line of Zipkin's dependencies. */
export interface Link {
  /** The raw name of the caller. */
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
  readonly errorCount?: number;
  /** Of calls whose duration is known; a server that is Zipkin has none. */
  readonly latency?: { readonly p50: Micros; readonly p95: Micros; readonly p99: Micros; readonly max: Micros };
}

export interface Edge {
  readonly link: Link;
  /** Failed calls of all, 0 to 1. */
  readonly failing: number;
  readonly bad: boolean;
  /** It is bad, and the called service makes no bad calls: there it began. */
  readonly began: boolean;
}

export interface Place {
  /** The raw name. */
  readonly name: string;
  readonly alias: string;
  readonly mark: Mark;
  /** Calls to it; 0 for who is not called. */
  readonly calls: number;
  readonly failing: number;
  /** The slowest p99 of those who call it; null when unknown. */
  readonly p99: Micros | null;
  /** It sent no spans: what is known comes from its callers. */
  readonly outside: boolean;
}

export interface ServiceMap {
  readonly places: readonly Place[];
  readonly edges: readonly Edge[];
}

/** From here on errors are shown in red. */
const BAD = 0.01;

/** Above this many services nobody reads a drawing. */
export const MOST_DRAWN = 150;

export const edgeId = ({ parent, child }: Link): string => JSON.stringify([parent, child]);

/** `known` are the names that sent spans. */
export function mapOf(links: readonly Link[], look: LookUp, known: ReadonlySet<string>): ServiceMap {
  const made = links.map((link) => ({ link, failing: (link.errorCount ?? 0) / Math.max(1, link.callCount) }));
  const failers = new Set(
    made.filter(({ failing, link }) => failing >= BAD && link.parent !== link.child).map(({ link }) => link.parent),
  );
  const edges = made
    .map(({ link, failing }) => ({
      link,
      failing,
      bad: failing >= BAD,
      began: failing >= BAD && !failers.has(link.child),
    }))
    .toSorted((a, b) => b.failing - a.failing || b.link.callCount - a.link.callCount);
  const names = [...new Set(links.flatMap(({ parent, child }) => [parent, child]))].toSorted();
  const shared = Map.groupBy(names, (name) => look(name).alias);
  const calling = new Set(links.map(({ parent }) => parent));
  const callers = Map.groupBy(links, ({ child }) => child);
  return {
    edges,
    places: names.map((name) => {
      const { alias, chips, mark } = look(name);
      const to = callers.get(name) ?? [];
      const calls = sum(to.map(({ callCount }) => callCount));
      const p99s = to.flatMap(({ latency }) => (latency ? [latency.p99] : []));
      return {
        name,
        alias: (shared.get(alias)?.length ?? 0) > 1 && chips[0] && chips[0] !== alias ? `${alias} ${chips[0]}` : alias,
        mark,
        calls,
        failing: sum(to.map(({ errorCount = 0 }) => errorCount)) / Math.max(1, calls),
        p99: p99s.length > 0 ? (Math.max(...p99s) as Micros) : null,
        outside: known.size > 0 && !known.has(name) && !calling.has(name),
      };
    }),
  };
}

/** The services whose name has `text`, and those beside them. */
export function narrowed(links: readonly Link[], text: string, look: LookUp): readonly Link[] {
  const wanted = text.trim().toLowerCase();
  const fits = (name: string) => `${name} ${look(name).alias}`.toLowerCase().includes(wanted);
  return wanted === "" ? links : links.filter(({ parent, child }) => fits(parent) || fits(child));
}

/** The window of the page's address, as a search for everything in it; old pages wrote its start, by one of two names. */
export function readWindow(params: URLSearchParams): Search {
  const end = params.get("endTs") ?? params.get("endTime");
  const start = params.get("startTs") ?? params.get("startTime");
  const next = new URLSearchParams(params);
  if (end !== null) next.set("endTs", end);
  if (start !== null && !params.has("lookback")) {
    next.set("lookback", "range");
    next.set("startTs", start);
  }
  const { lookback, until } = readSearch(next);
  return { ...EVERYTHING, lookback, until };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
