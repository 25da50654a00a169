/** Clocks that were apart: the spans of the callee are set right by the caller's. What was reported stays as it is. */
import { type Endpoint, type Micros, type Span, micros, serviceOf } from "./span";
import { type Sides, sidesOf } from "./sides";
import { type Node, type Trace, grow } from "./tree";

export interface Clocks {
  /** With all clocks set right by the caller's; the same as `raw` when none was apart. */
  readonly adjusted: Trace;
  /** As it was reported. */
  readonly raw: Trace;
  /** Whose clocks were apart, the furthest first. */
  readonly apart: readonly Apart[];
}

/** Raw service names, and the most that a span of the callee was moved against its caller. */
export interface Apart {
  readonly caller: string;
  readonly callee: string;
  readonly by: Micros;
}

export function readClocks(spans: readonly Span[]): Clocks {
  const sides = sidesOf(spans);
  const raw = grow(sides, spans);
  const { shifts, apart } = shiftsOf(raw);
  if (apart.length === 0) return { adjusted: raw, raw, apart };
  const moved = new Map<Span, Micros>();
  const move = (span: Span): Span => {
    const by = shifts.get(span);
    if (!by) return span;
    const after = movedBy(span, by);
    moved.set(after, by);
    return after;
  };
  const after = sides.map(({ made, joined, rivals }): Sides => ({
    made: move(made),
    joined: joined.map(move),
    rivals: rivals.map(move),
  }));
  return { adjusted: grow(after, spans, moved), raw, apart };
}

/** Top down, so that a parent's own shift is known when its children are looked at. */
function shiftsOf({ nodes }: Trace): { shifts: ReadonlyMap<Span, Micros>; apart: Apart[] } {
  const shifts = new Map<Span, Micros>();
  const pairs = new Map<string, Apart>();
  const place = (callee: Span, caller: Span) => {
    const own = shiftInto(caller, callee);
    const whole = (shifts.get(caller) ?? 0) + own;
    if (whole !== 0) shifts.set(callee, micros(whole));
    if (own === 0) return;
    const [from, to] = [serviceOf(caller), serviceOf(callee)];
    const pair = JSON.stringify([from, to]);
    pairs.set(pair, { caller: from, callee: to, by: micros(Math.max(Math.abs(own), pairs.get(pair)?.by ?? 0)) });
  };
  for (const node of nodes) {
    const caller = callerOf(node);
    if (caller) place(node.span, caller);
    if (node.joined) place(node.joined, node.span);
  }
  return { shifts, apart: [...pairs.values()].toSorted((a, b) => b.by - a.by) };
}

/** The side of the parent that made the call: of a shared id the server's, but the client's for one more server of that id. */
function callerOf({ parent, span }: Node): Span | null {
  if (!parent || parent.kind === "missing") return null;
  return parent.span.id === span.id ? parent.span : (parent.joined ?? parent.span);
}

/**
 * What puts the callee in the middle of its caller, µs; 0 where nothing says that their clocks differ: it is inside, it is
 * too long to have been inside, nobody waited for it, or both read one clock.
 */
function shiftInto(caller: Span, callee: Span): number {
  if (caller.kind === "PRODUCER" || callee.kind === "CONSUMER" || !mayReadOtherClock(caller, callee)) return 0;
  const [outer, inner] = [caller.duration, callee.duration];
  if (!caller.timestamp || !callee.timestamp || outer === undefined || inner === undefined) return 0;
  const late = callee.timestamp - caller.timestamp;
  const room = outer - inner;
  return (late >= 0 && late <= room) || room < 0 ? 0 : Math.floor(room / 2) - late;
}

/** A call from client to server goes to another process; else only the addresses tell. */
function mayReadOtherClock(caller: Span, callee: Span): boolean {
  if (caller.kind === "CLIENT" && callee.kind === "SERVER") return true;
  const [here, there] = [hostOf(caller.localEndpoint), hostOf(callee.localEndpoint)];
  return here !== undefined && there !== undefined && here !== there;
}

const hostOf = (endpoint: Endpoint | undefined): string | undefined => endpoint?.ipv4 ?? endpoint?.ipv6;

function movedBy(span: Span, by: Micros): Span {
  const later = (at: Micros) => micros(at + by);
  return {
    ...span,
    ...(span.timestamp && { timestamp: later(span.timestamp) }),
    ...(span.annotations && {
      annotations: span.annotations.map((event) => ({ ...event, timestamp: later(event.timestamp) })),
    }),
  };
}
