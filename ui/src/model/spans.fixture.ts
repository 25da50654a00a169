/** Traces for the tests, as short to write as they are to read. */
import { type Kind, type Span, micros } from "./span";

export interface Brief {
  readonly id: string;
  readonly parent?: string;
  readonly service?: string;
  readonly kind?: Kind;
  readonly name?: string;
  readonly at?: number;
  readonly took?: number;
  readonly shared?: boolean;
  readonly host?: string;
  readonly peer?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Start of the traces, epoch microseconds. */
export const EPOCH = 1_795_000_000_000_000;

export const span = ({ id, parent, service, kind, name, at, took, shared, host, peer, tags }: Brief): Span => ({
  traceId: "00000000000000aa",
  id,
  ...(parent !== undefined && { parentId: parent }),
  ...(kind && { kind }),
  ...(name !== undefined && { name }),
  ...(at !== undefined && { timestamp: micros(EPOCH + at) }),
  ...(took !== undefined && { duration: micros(took) }),
  ...(service !== undefined && { localEndpoint: { serviceName: service, ...(host !== undefined && { ipv4: host }) } }),
  ...(shared && { shared }),
  ...(peer !== undefined && { remoteEndpoint: { ipv4: "127.0.0.1", port: peer } }),
  ...(tags && { tags }),
});

export const trace = (...briefs: readonly Brief[]): Span[] => briefs.map(span);

/** One call through the mesh: outgoing router, hop, incoming router, the application. */
export function call(
  prefix: string,
  parent: string | undefined,
  to: string,
  logical: string,
  at: number,
  took: number,
  port: number,
): Brief[] {
  const [outgoing, hop, incoming, local] = [1, 2, 3, 4].map((i) => prefix + i) as [string, string, string, string];
  return [
    {
      id: outgoing,
      ...(parent !== undefined && { parent }),
      service: "127.0.0.1/4140",
      kind: "SERVER",
      name: `outgoing /svc/${logical}`,
      at,
      took,
    },
    {
      id: hop,
      parent: outgoing,
      service: `%/io.l5d.port/4141/#/io.l5d.fs/${to}`,
      kind: "CLIENT",
      name: "get /",
      at: at + 100,
      took: took - 200,
      peer: 4141,
    },
    {
      id: incoming,
      parent: hop,
      service: "127.0.0.1/4141",
      kind: "SERVER",
      name: `incoming /svc/${logical}`,
      at: at + 200,
      took: took - 400,
    },
    {
      id: local,
      parent: incoming,
      service: `#/io.l5d.fs/${to}`,
      kind: "CLIENT",
      name: "get /",
      at: at + 300,
      took: took - 600,
      peer: port,
    },
  ];
}

/** hello calls world: eight spans. */
export const hello = (): Span[] =>
  trace(
    ...call("a", undefined, "hello", "hello", 0, 14_210, 7777),
    ...call("b", "a4", "world-v1", "world", 2610, 9870, 7780),
  );

/** A page of a shop: two calls at the same time, one of which fails, and work of its own. */
export const shop = (): Span[] =>
  trace(
    { id: "a", service: "shop", kind: "SERVER", name: "get /", at: 0, took: 100 },
    { id: "b", parent: "a", service: "cart", kind: "SERVER", name: "get /cart", at: 10, took: 30 },
    {
      id: "c",
      parent: "a",
      service: "cart",
      kind: "SERVER",
      name: "get /cart",
      at: 20,
      took: 50,
      tags: { error: "503" },
    },
    { id: "d", parent: "c", service: "redis", name: "hget", at: 25, took: 5 },
    { id: "e", parent: "a", service: "shop", name: "render", at: 80, took: 10 },
  );

/** `size` spans in a random but repeatable shape, shuffled as they might arrive. */
export function generated(size: number, seed = 7): Span[] {
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const briefs: Brief[] = [{ id: "s0", service: "root", kind: "SERVER", name: "get /", at: 0, took: size * 10 }];
  for (let i = 1; i < size; i++) {
    const parent = briefs[Math.floor(random() * random() * i)] as Brief;
    const at = (parent.at ?? 0) + random() * (parent.took ?? 0) * 0.5;
    briefs.push({
      id: `s${i}`,
      parent: parent.id,
      service: `service-${i % 23}`,
      kind: i % 2 ? "CLIENT" : "SERVER",
      name: `operation ${i % 7}`,
      at: Math.round(at),
      took: Math.max(1, Math.round((parent.took ?? 0) * random() * 0.5)),
      ...(i % 97 === 0 && { tags: { error: "reset" } }),
    });
  }
  const spans = trace(...briefs);
  for (let i = spans.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [spans[i], spans[j]] = [spans[j] as Span, spans[i] as Span];
  }
  return spans;
}
