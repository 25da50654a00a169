/** Zipkin's query API, v2. */
import type { Link } from "../model/map";
import type { Span } from "../model/span";
import { type Answer, UnexpectedShape, get, listOf } from "./http";

export const getTrace = (id: string, signal: AbortSignal): Promise<Answer<Span[]> | null> =>
  get(`api/v2/trace/${encodeURIComponent(id)}`, spans, signal);

export const getTraces = (params: URLSearchParams, signal: AbortSignal): Promise<Answer<Span[][]> | null> =>
  get(`api/v2/traces?${params}`, (value) => listOf<unknown>(value, Array.isArray, "traces").map(spans), signal);

export const getOperations = (service: string, signal: AbortSignal): Promise<Answer<string[]> | null> =>
  get(`api/v2/spans?${new URLSearchParams({ serviceName: service })}`, names, signal);

export const getRemotes = (service: string, signal: AbortSignal): Promise<Answer<string[]> | null> =>
  get(`api/v2/remoteServices?${new URLSearchParams({ serviceName: service })}`, names, signal);

export const getServiceNames = (signal: AbortSignal): Promise<Answer<string[]> | null> =>
  get("api/v2/services", names, signal);

export const getLinks = (until: number, lookback: number, signal: AbortSignal): Promise<Answer<Link[]> | null> =>
  get(
    `api/v2/dependencies?${new URLSearchParams({ endTs: String(until), lookback: String(lookback) })}`,
    (value) => listOf<Link>(value, (item) => "parent" in item && "child" in item && "callCount" in item, "links"),
    signal,
  );

const spans = (value: unknown): Span[] => listOf<Span>(value, (item) => "id" in item && "traceId" in item, "spans");

function names(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw new UnexpectedShape("a list of names was expected");
  return value;
}
