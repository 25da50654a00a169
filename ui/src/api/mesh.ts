/** The admin port of a mesh. */
import type { Tree } from "../model/delegation";
import type { Mesh, Names, RecentRequest } from "../model/mesh";
import { type Answer, UnexpectedShape, get, listOf, post } from "./http";

export const getMesh = (signal: AbortSignal): Promise<Answer<Mesh> | null> =>
  get("clew/mesh.json", (value) => having<Mesh>(value, "routers", "a mesh"), signal);

export const getNames = (signal: AbortSignal): Promise<Answer<Names> | null> =>
  get("clew/names.json", (value) => having<Names>(value, "names", "the names of a mesh"), signal);

/** Linkerd's metrics, flat: `{"rt/outgoing/server/0.0.0.0/4140/requests": 12}`. */
export const getMetrics = (signal: AbortSignal): Promise<Answer<Record<string, number>> | null> =>
  get("admin/metrics.json", (value) => record(value, "metrics") as Record<string, number>, signal);

export const getRequests = (signal: AbortSignal): Promise<Answer<RecentRequest[]> | null> =>
  get(
    "requests.json",
    (value) => listOf<RecentRequest>(value, (item) => "traceId" in item && "router" in item, "requests"),
    signal,
  );

/** The steps of `path` under the whole of `dtab`, by the namers of a router. */
export const delegate = (
  router: string,
  path: string,
  dtab: string,
  signal: AbortSignal,
): Promise<Answer<Tree> | null> =>
  post(
    "delegator.json",
    { namespace: router, path, dtab },
    (value) => having<Tree>(value, "type", "a delegation"),
    signal,
  );

function having<T>(value: unknown, key: string, what: string): T {
  if (!(key in record(value, what))) throw new UnexpectedShape(`${what} was expected`);
  return value as T;
}

function record(value: unknown, what: string): object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UnexpectedShape(`${what} was expected`);
  return value;
}
