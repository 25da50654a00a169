/** The reports of one trace, tidied: what was sent in pieces is joined, and both sides of an id are found. */
import { type Endpoint, type Span, serviceOf } from "./span";

/** All that was reported under one span id. */
export interface Sides {
  /** The side that made the id: a client, a server that made its own, local work. */
  readonly made: Span;
  /** The servers that joined that id; none when the sides have ids of their own. */
  readonly joined: readonly Span[];
  /** Others that claim to have made it too: ids that collide. */
  readonly rivals: readonly Span[];
}

/** In the order in which ids first appear. Linear in the number of spans. */
export function sidesOf(spans: readonly Span[]): Sides[] {
  const byId = Map.groupBy(spans, (span) => span.id);
  return [...byId.values()].map((reports) => {
    const whole = mergePieces(reports);
    const client = whole.find((span) => !answers(span));
    const makers = whole.filter((span) => (client ? !answers(span) : !span.shared));
    const made = client ?? makers[0] ?? whole[0];
    if (!made) throw new Error("a group of reports is never empty");
    return {
      made,
      joined: whole.filter((span) => span !== made && !makers.includes(span)),
      rivals: makers.filter((span) => span !== made),
    };
  });
}

const answers = (span: Span): boolean => span.kind === "SERVER" || span.kind === "CONSUMER" || span.shared === true;

/** Reports of one id, side and service are pieces of one span, sent as it went along. */
function mergePieces(reports: readonly Span[]): Span[] {
  if (reports.length === 1) return [...reports];
  const whole = new Map<string, Span>();
  for (const span of reports) {
    const key = `${answers(span)} ${serviceOf(span)}`;
    const before = whole.get(key);
    whole.set(key, before ? merge(before, span) : span);
  }
  return [...whole.values()];
}

/** What the first knows wins; annotations unite; later tags override. */
function merge(a: Span, b: Span): Span {
  const seen = new Set<string>();
  const annotations = [...(a.annotations ?? []), ...(b.annotations ?? [])]
    .filter(({ timestamp, value }) => !seen.has(`${timestamp} ${value}`) && seen.add(`${timestamp} ${value}`))
    .toSorted((x, y) => x.timestamp - y.timestamp);
  const local = mergeEndpoint(a.localEndpoint, b.localEndpoint);
  const remote = mergeEndpoint(a.remoteEndpoint, b.remoteEndpoint);
  return {
    ...b,
    ...a,
    ...(local && { localEndpoint: local }),
    ...(remote && { remoteEndpoint: remote }),
    annotations,
    tags: { ...a.tags, ...b.tags },
  };
}

const mergeEndpoint = (a?: Endpoint, b?: Endpoint): Endpoint | undefined => (a || b) && { ...b, ...a };
