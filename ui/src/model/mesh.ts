/** What a mesh tells of itself: `/clew/mesh.json`, `/clew/names.json` and `/requests.json`. */
import type { Micros } from "./span";

export interface Mesh {
  readonly version: string;
  /** The version of its Envoy. */
  readonly envoy: string;
  /** Epoch milliseconds, as the next. */
  readonly started: number;
  /** When the configuration in use was taken. */
  readonly configured: number;
  /** Files whose newest content is not used. */
  readonly refused: readonly Refusal[];
  /** Trace servers that it sends to, and that have pages. */
  readonly collectors: readonly Collector[];
  readonly routers: readonly Router[];
}

export interface Refusal {
  readonly file: string;
  /** With the line. */
  readonly why: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface Collector {
  readonly host: string;
  readonly port: number;
}

export interface Router {
  readonly label: string;
  readonly protocol: string;
  /** What its names begin with, `/svc`. */
  readonly prefix: string;
  /** `0.0.0.0/4140`. */
  readonly servers: readonly string[];
  readonly interpreter: string;
  readonly dtab: readonly Dentry[];
}

export interface Dentry {
  readonly prefix: string;
  readonly dst: string;
}

/** `gated` mesh: only known names are let through. */
export interface Names {
  readonly version: string;
  readonly epoch: number;
  readonly gated: boolean;
  readonly names: readonly AskedName[];
  /** Names over the limits. */
  readonly refused: readonly string[];
  /** What Envoy does not take. */
  readonly rejected: readonly { readonly type: string; readonly name: string; readonly error: string }[];
}

export interface AskedName {
  /** The router's label and the path, and behind `;dtab=` the override of the request. */
  readonly name: string;
  readonly state: "known" | "overridden" | "unknown" | "pending";
  readonly age_seconds: number;
  readonly endpoints: readonly Endpoint[];
  /** Why it leads nowhere; empty when it leads somewhere. */
  readonly why: string;
  readonly advice: readonly string[];
}

export interface Endpoint {
  readonly address: string;
  /** The bound id that it is reached for. */
  readonly client: string;
  readonly weight: number;
}

export interface RecentRequest {
  readonly traceId: string;
  readonly id: string;
  readonly timestamp: Micros;
  readonly duration: Micros | null;
  readonly source: string;
  readonly server: string;
  readonly router: string;
  readonly name: string;
  readonly client: string;
  readonly destination: string;
  readonly status: string;
  readonly error: boolean;
}

/** A name that requests asked for, taken apart. */
export interface ReadName {
  readonly router: string;
  /** `/svc/hello`. */
  readonly path: string;
  /** The override that came with the request; empty for none. */
  readonly dtab: string;
}

const OVERRIDE = ";dtab=";

/** `outgoing/svc/hello;dtab=/a=>/b` in its parts. Labels may hold slashes: the longest that fits is meant. */
export function readName(name: string, labels: readonly string[]): ReadName {
  const [plain = "", ...rest] = name.split(OVERRIDE);
  const router = ownerOf(plain, labels) ?? plain.split("/")[0] ?? "";
  return { router, path: plain.slice(router.length), dtab: rest.join(OVERRIDE) };
}

/** The longest label that `text` begins with, before a slash; null when there is none. */
export function ownerOf(text: string, labels: readonly string[]): string | null {
  const owners = labels.filter((label) => text.startsWith(`${label}/`));
  return owners.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

/** The trace page of a collector. One that listens on the mesh's own loopback is asked for where the mesh is. */
export function tracePage({ host, port }: Collector, traceId: string, meshHost: string): string {
  const at = isLoopback(host) ? meshHost : host.includes(":") ? `[${host}]` : host;
  return `http://${at}:${port}/zipkin/traces/${traceId}`;
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/** `3 s`, `4 min`, `2 h`, `6 d`: as long ago as is worth saying. */
export function age(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.floor(seconds / size)}\u00a0${unit}`;
}
