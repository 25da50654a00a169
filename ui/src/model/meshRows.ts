/** The rows of a router's names: a name, where it goes, and its endpoints. */
import { type AskedName, type Endpoint, readName } from "./mesh";
import { nameOf } from "./names";
import { counted } from "./numbers";
import { type Counts, type Pick, type RouterTraffic } from "./traffic";

export interface NameRow {
  readonly key: string;
  /** 1 a name, 2 where it goes, 3 an endpoint. */
  readonly level: 1 | 2 | 3;
  readonly text: string;
  readonly chips: readonly string[];
  /** The whole name, for the tooltip. */
  readonly whole: string;
  /** Its numbers; null where nobody counts. */
  readonly pick: Pick | null;
  readonly state: string;
  readonly tone: "" | "bad" | "late" | "muted";
  /** Null for what cannot be unfolded. */
  readonly open: boolean | null;
}

/** The names of a router: those that requests asked for, and those that were counted. */
export function namesOfRouter(
  label: string,
  labels: readonly string[],
  traffic: RouterTraffic | undefined,
  asked: readonly AskedName[],
): Map<string, AskedName | null> {
  const names = new Map<string, AskedName | null>([...(traffic?.services.keys() ?? [])].map((path) => [path, null]));
  for (const each of asked) {
    const { router, path, dtab } = readName(each.name, labels);
    if (router === label && dtab === "") names.set(path, each);
  }
  return names;
}

/** One name, and what is below it when it is unfolded. */
export function rowsOfName(
  path: string,
  asked: AskedName | null,
  traffic: RouterTraffic | undefined,
  open: boolean,
): NameRow[] {
  const clients = clientsOf(path, asked, traffic);
  const name: NameRow = {
    key: path,
    level: 1,
    text: path,
    chips: [],
    whole: path,
    pick: ({ services }) => services.get(path),
    ...stateOf(asked, clients, traffic),
    open: clients.length > 0 ? open : null,
  };
  return open
    ? [name, ...clients.flatMap((client) => rowsOfClient(path, client, asked?.endpoints ?? [], traffic))]
    : [name];
}

/** A bound id by itself, for the list of all that a router sends to. */
export function clientRow(id: string, counts: Counts | undefined): NameRow {
  const { alias, chips } = nameOf(id);
  return {
    key: id,
    level: 1,
    text: alias,
    chips,
    whole: id,
    pick: ({ clients }) => clients.get(id),
    ...endpointsWords(counts?.available ?? 0, counts?.size ?? 0),
    open: null,
  };
}

const latencies = ({ p50, p95, p99 }: Counts) => ({ p50, p95, p99 });

function rowsOfClient(
  path: string,
  id: string,
  endpoints: readonly Endpoint[],
  traffic: RouterTraffic | undefined,
): NameRow[] {
  const { alias, chips } = nameOf(id);
  const own = endpoints.filter(({ client }) => client === id);
  const counts = traffic?.clients.get(id);
  return [
    {
      key: `${path} ${id}`,
      level: 2,
      text: alias,
      chips,
      whole: id,
      // latencies are the client's own: they are not kept apart by name
      pick: ({ parts, clients }) => {
        const part = parts.get(path)?.get(id);
        const whole = clients.get(id);
        return part && whole ? { ...part, ...latencies(whole) } : part;
      },
      ...endpointsWords(counts?.available ?? own.length, counts?.size ?? own.length),
      open: null,
    },
    ...own.map(({ address, weight }): NameRow => ({
      key: `${path} ${id} ${address}`,
      level: 3,
      text: address,
      chips: weight === 1 ? [] : [`weight ${weight}`],
      whole: address,
      pick: null,
      state: "",
      tone: "muted",
      open: null,
    })),
  ];
}

function clientsOf(path: string, asked: AskedName | null, traffic: RouterTraffic | undefined): string[] {
  const bound = asked?.endpoints.map(({ client }) => client) ?? [];
  return [...new Set([...bound, ...(traffic?.parts.get(path)?.keys() ?? [])])].toSorted();
}

function stateOf(asked: AskedName | null, clients: readonly string[], traffic: RouterTraffic | undefined): State {
  if (asked?.state === "unknown") return { state: "unbound", tone: "bad" };
  if (asked?.state === "pending") return { state: "waiting for the namer", tone: "late" };
  if (!asked) return { state: "not asked for lately", tone: "muted" };
  if (asked.endpoints.length === 0) return { state: "no endpoints", tone: "bad" };
  const counts = clients.flatMap((id) => traffic?.clients.get(id) ?? []);
  const split = new Set(asked.endpoints.map(({ client }) => client)).size > 1 ? "split, " : "";
  const aside = counts.reduce((sum, { size, available }) => sum + size - available, 0);
  const { state, tone } = endpointsWords(Math.max(0, asked.endpoints.length - aside), asked.endpoints.length);
  return { state: split + state, tone };
}

type State = { readonly state: string; readonly tone: NameRow["tone"] };

const endpointsWords = (available: number, size: number): State =>
  available < size
    ? { state: `${available} of ${counted(size, "endpoint")}`, tone: available === 0 ? "bad" : "late" }
    : { state: counted(size, "endpoint"), tone: "" };
