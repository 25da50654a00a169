/** How each service looks: alias, chips, mark. A service looks the same on every page. */
import { type Name, namesOf } from "./names";

/** One entry of the server's list. A server that knows names only sends those. */
export interface KnownService {
  /** The raw name. */
  readonly name: string;
  readonly alias?: string;
  readonly chips?: readonly string[];
  /** The place in the order in which the server first saw the aliases, kept for good; null for a router. */
  readonly slot?: number | null;
  readonly router?: boolean;
}

/** A mark is a shape in a hue; routers are a grey ring. */
export type Mark =
  | { readonly kind: "router" }
  | { readonly kind: "service"; readonly hue: number; readonly shape: number };

export interface Look {
  readonly alias: string;
  readonly chips: readonly string[];
  readonly mark: Mark;
}

export const ROUTER: Mark = { kind: "router" };
export const HUES = 7;
export const SHAPES = 8;

/** Neighbouring slots differ in both hue and shape; 56 slots are all different. */
export const markOf = (slot: number): Mark => ({
  kind: "service",
  hue: (slot % HUES) + 1,
  shape: ((slot % HUES) + Math.floor(slot / HUES)) % SHAPES,
});

/** Looks for the raw names in one view. The server's list wins; a name that it lacks is worked out here. */
export function looksOf(services: Iterable<string>, known: readonly KnownService[]): (service: string) => Look {
  const list = new Map(known.map((service) => [service.name, service]));
  const slots = new Map(
    known.flatMap(({ alias, slot }) =>
      alias === undefined || typeof slot !== "number" ? [] : [[alias, slot] as const],
    ),
  );
  const names = namesOf([...services, ...list.keys()]);
  const looks = new Map<string, Look>();
  const look = (service: string): Look => {
    const entry = list.get(service);
    const name: Name = names.get(service) ?? { alias: service, chips: [], router: false, bound: [] };
    const alias = entry?.alias || name.alias;
    const router = entry?.router ?? name.router;
    const slot = entry?.slot ?? slots.get(alias) ?? hash(alias);
    return { alias, chips: entry?.chips ?? name.chips, mark: router ? ROUTER : markOf(slot) };
  };
  return (service) => {
    const found = looks.get(service) ?? look(service);
    looks.set(service, found);
    return found;
  };
}

/** A slot for an alias that the server has not listed yet: the same one in every view. */
function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum % (HUES * SHAPES);
}
