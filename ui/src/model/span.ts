/** A span as Zipkin's v2 API writes it. What is unknown is left out, never empty or zero. */

/** Microseconds: since the epoch for a timestamp, elapsed for a duration or an offset. */
export type Micros = number & { readonly unit: "µs" };
export const micros = (value: number): Micros => value as Micros;

export type Kind = "CLIENT" | "SERVER" | "PRODUCER" | "CONSUMER";

export interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export interface Annotation {
  readonly timestamp: Micros;
  readonly value: string;
}

export interface Span {
  readonly traceId: string;
  readonly id: string;
  /** Absent for a root. */
  readonly parentId?: string;
  /** Absent for local work. */
  readonly kind?: Kind;
  readonly name?: string;
  readonly timestamp?: Micros;
  /** Absent when unknown: the span is then drawn as a point. */
  readonly duration?: Micros;
  readonly localEndpoint?: Endpoint;
  readonly remoteEndpoint?: Endpoint;
  readonly annotations?: readonly Annotation[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly debug?: boolean;
  /** This side joined an id that the other side made. */
  readonly shared?: boolean;
}

export const serviceOf = (span: Span): string => span.localEndpoint?.serviceName ?? "";

/** `127.0.0.1:4141`, `[::1]:80`, or the peer's name when its address is unknown. */
export function addressOf(endpoint: Endpoint | undefined): string {
  if (!endpoint) return "";
  const host = endpoint.ipv4 ?? (endpoint.ipv6 && `[${endpoint.ipv6}]`) ?? endpoint.serviceName ?? "";
  return endpoint.port ? `${host}:${endpoint.port}` : host;
}
