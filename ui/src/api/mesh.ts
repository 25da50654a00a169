/** The admin port of a mesh. */
import type { Tree } from "../model/delegation";
import type { Impact } from "../model/impact";
import type { Mesh, Names, RecentRequest } from "../model/mesh";
import type { Reply, Sent } from "../model/sending";
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

/** What an override changes for all names that a router was asked for. */
export const compareNames = (router: string, dtab: string, signal: AbortSignal): Promise<Answer<Impact> | null> =>
  post("clew/override.json", { router, dtab }, (value) => having<Impact>(value, "changes", "a comparison"), signal);

/** One request through a router of the mesh. */
export const sendRequest = (sent: Sent, signal: AbortSignal): Promise<Answer<Reply> | null> =>
  post("clew/send", sent, (value) => having<Reply>(value, "status", "a reply"), signal);

function having<T>(value: unknown, key: string, what: string): T {
  if (!(key in record(value, what))) throw new UnexpectedShape(`${what} was expected`);
  return value as T;
}

function record(value: unknown, what: string): object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UnexpectedShape(`${what} was expected`);
  return value;
}
