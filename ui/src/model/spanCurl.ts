/** The request that a span tells about, as a command; null when its tags do not say enough of it. */
import type { Curl } from "./shell";
import { curl } from "./shell";
import { addressOf } from "./span";
import type { Node } from "./tree";

type Tags = Readonly<Record<string, string>>;

/** The names that instrumentations gave the same thing, the newest conventions first. */
const METHOD = ["http.request.method", "http.method", "http.req.method"];
const URL_WHOLE = ["url.full", "http.url"];
const TARGET = ["http.target", "http.uri", "url.path", "http.path"];
const HOST = ["http.req.host", "http.host", "server.address", "net.host.name"];
const SCHEME = ["url.scheme", "http.scheme"];
const HEADERS = [
  ["user-agent", ["user_agent", "user_agent.original", "http.user_agent"]],
  ["content-type", ["http.req.content-type"]],
] as const;

/** Of both sides the server's word counts, then the client's. */
export function curlOf({ span, joined }: Node): string | null {
  const tags: Tags = { ...span.tags, ...joined?.tags };
  const method = first(tags, METHOD) ?? (first(tags, URL_WHOLE) ? "GET" : undefined);
  const server = joined ?? span;
  const place = addressOf(server.kind === "CLIENT" ? server.remoteEndpoint : server.localEndpoint);
  const url = urlOf(tags, place);
  if (!method || !url || !/^[A-Za-z]{1,20}$/.test(method)) return null;
  const request: Curl = {
    method: method.toUpperCase(),
    url,
    headers: HEADERS.flatMap(([name, keys]) => {
      const value = first(tags, keys);
      return value ? [[name, value] as const] : [];
    }),
  };
  return curl(request);
}

/** The tags' own address, or what they say of its parts; the endpoint stands in for a host that they do not name. */
function urlOf(tags: Tags, place: string): string | null {
  const whole = first(tags, URL_WHOLE);
  if (whole && /^https?:\/\//i.test(whole)) return whole;
  const target = first(tags, TARGET) ?? whole;
  const host = first(tags, HOST) ?? place;
  if (!target?.startsWith("/") || !host) return null;
  const query = tags["url.query"];
  const port = tags["server.port"];
  const at = port && tags["server.address"] === host && !["80", "443"].includes(port) ? `${host}:${port}` : host;
  const scheme = first(tags, SCHEME) === "https" ? "https" : "http";
  return `${scheme}://${at}${target}${query && !target.includes("?") ? `?${query}` : ""}`;
}

const first = (tags: Tags, keys: readonly string[]): string | undefined =>
  keys.map((key) => tags[key]).find((value) => value !== undefined && value !== "");
