/** What passes through the routers: `/admin/metrics.json`, read again and again, as rates and shares. */
import { ownerOf } from "./mesh";

/** Counters since Envoy started; latencies in milliseconds of the last minute, null when nothing was measured. */
export interface Counts {
  readonly requests: number;
  readonly success: number;
  readonly pending: number;
  readonly connections: number;
  readonly retries: number;
  /** Endpoints, and how many of them are not set aside. */
  readonly size: number;
  readonly available: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface RouterTraffic {
  /** By `0.0.0.0/4140`. */
  readonly servers: Map<string, Counts>;
  /** By the logical name, `/svc/hello`. */
  readonly services: Map<string, Counts>;
  /** By the bound id, `/#/io.l5d.fs/hello`. */
  readonly clients: Map<string, Counts>;
  /** By logical name, what went to each client. */
  readonly parts: Map<string, Map<string, Counts>>;
}

export interface Reading {
  /** Milliseconds of a clock that does not go back. */
  readonly at: number;
  /** By label. */
  readonly routers: ReadonlyMap<string, RouterTraffic>;
}

/** The oldest first. */
export type History = readonly Reading[];

/** So long a history is kept; success is a share of it. */
export const WINDOW_MS = 60_000;
/** Rates are those of so long. */
const RATE_MS = 10_000;

const NOTHING: Counts = {
  requests: 0,
  success: 0,
  pending: 0,
  connections: 0,
  retries: 0,
  size: 0,
  available: 0,
  p50: null,
  p95: null,
  p99: null,
};

const FIELDS: Readonly<Record<string, keyof Counts>> = {
  requests: "requests",
  success: "success",
  pending: "pending",
  connections: "connections",
  "retries/total": "retries",
  "loadbalancer/size": "size",
  "loadbalancer/available": "available",
  "request_latency_ms.p50": "p50",
  "request_latency_ms.p95": "p95",
  "request_latency_ms.p99": "p99",
};

const METRIC = new RegExp(
  `^(server|service|client)/(.+)/(${Object.keys(FIELDS)
    .map((name) => name.replaceAll(".", "\\."))
    .join("|")})$`,
);

/** `{"rt/outgoing/service/svc/hello/requests": 12}` by router, service and client. */
export function readTraffic(flat: Readonly<Record<string, number>>, labels: readonly string[], at: number): Reading {
  const routers = new Map(labels.map((label) => [label, empty()] as const));
  for (const [key, value] of Object.entries(flat)) {
    const label = key.startsWith("rt/") ? ownerOf(key.slice(3), labels) : null;
    const router = label === null ? undefined : routers.get(label);
    if (!router || label === null) continue;
    const [, scope, name = "", metric = ""] = METRIC.exec(key.slice(label.length + 4)) ?? [];
    const field = FIELDS[metric];
    if (!scope || !field) continue;
    const [into, as] = placeOf(router, scope, name);
    into.set(as, { ...(into.get(as) ?? NOTHING), [field]: value });
  }
  return { at, routers };
}

/** With one more reading, without those that are too old; only that one when Envoy began to count anew. */
export function appended(history: History, reading: Reading): History {
  const last = history.at(-1);
  if (last && total(reading) < total(last)) return [reading];
  return [...history.filter(({ at }) => reading.at - at <= WINDOW_MS), reading];
}

/** What a row of numbers says. */
export interface Figures {
  readonly now: Counts;
  /** Requests a second; null after the first reading. */
  readonly perSecond: number | null;
  /** Share of requests that went well; null when there was none. */
  readonly success: number | null;
  /** The share is of all since Envoy started, because none came in the window. */
  readonly overall: boolean;
  /** Requests a second between two readings each. */
  readonly course: readonly number[];
}

export type Pick = (router: RouterTraffic) => Counts | undefined;

/** Null when the newest reading does not have it. */
export function figures(history: History, router: string, pick: Pick): Figures | null {
  const seen = history.map(({ at, routers }) => {
    const traffic = routers.get(router);
    return { at, counts: traffic && pick(traffic) };
  });
  const last = seen.at(-1);
  const now = last?.counts;
  if (!last || !now) return null;
  const [first] = seen;
  const recent = seen.find(({ at }) => last.at - at <= RATE_MS) ?? last;
  const since = first?.counts ?? NOTHING;
  const came = history.length > 1 ? now.requests - since.requests : 0;
  const overall = came <= 0;
  return {
    now,
    perSecond: perSecond(recent.counts, now, last.at - recent.at),
    success: overall ? share(now.success, now.requests) : share(now.success - since.success, came),
    overall,
    course: seen.slice(1).map(({ at, counts }, i) => {
      const before = seen[i];
      return counts && before ? (perSecond(before.counts, counts, at - before.at) ?? 0) : 0;
    }),
  };
}

/** All servers of a router in one; latencies are those of the busiest. */
export function servers({ servers: all }: RouterTraffic): Counts | undefined {
  const each = [...all.values()].toSorted((a, b) => b.requests - a.requests);
  const [busiest] = each;
  if (!busiest) return undefined;
  const sum = (field: "requests" | "success" | "pending" | "connections") =>
    each.reduce((whole, counts) => whole + counts[field], 0);
  return {
    ...busiest,
    requests: sum("requests"),
    success: sum("success"),
    pending: sum("pending"),
    connections: sum("connections"),
  };
}

/** Below this share of success a row is red. */
export const BAD_SHARE = 0.99;

/** Milliseconds as Envoy counts them, whole: `<1 ms`, `212 ms`, `1.21 s`. */
export function latency(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1) return "<1\u00a0ms";
  return ms < 999.5 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)}\u00a0s`;
}

const empty = (): RouterTraffic => ({
  servers: new Map(),
  services: new Map(),
  clients: new Map(),
  parts: new Map(),
});

const PART = "/service/";

/** Where a number of a scope belongs, and under which name. */
function placeOf(router: RouterTraffic, scope: string, name: string): readonly [Map<string, Counts>, string] {
  if (scope === "server") return [router.servers, name];
  if (scope === "service") return [router.services, `/${name}`];
  const at = name.lastIndexOf(PART);
  const service = `/${name.slice(at + PART.length)}`;
  // ids may hold the word too; services come before what went to their clients
  if (at < 0 || !router.services.has(service)) return [router.clients, `/${name}`];
  const known = router.parts.get(service) ?? new Map<string, Counts>();
  router.parts.set(service, known);
  return [known, `/${name.slice(0, at)}`];
}

const total = ({ routers }: Reading): number =>
  [...routers.values()].reduce((sum, router) => sum + (servers(router)?.requests ?? 0), 0);

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const perSecond = (before: Counts | undefined, now: Counts, ms: number): number | null =>
  ms > 0 ? Math.max(0, ((now.requests - (before ?? NOTHING).requests) * 1000) / ms) : null;
