/** What a person calls a service, out of what the wire calls it. */

export interface Name {
  /** The short name in front. */
  readonly alias: string;
  /** What the short name leaves out: `port 4141`, `fs`, `k8s prod`. */
  readonly chips: readonly string[];
  readonly router: boolean;
  /** The path that was bound, as segments; empty when the name is not a bound name. */
  readonly bound: readonly string[];
}

const ROUTER = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*)\/\d{1,5}$/i;
const INET = /^\/?\$\/inet\/([^/]+)\/(\d+)/;

/** Longer names lose their middle in the data too, so that no page has to lay them out. */
export const LONGEST = 200;

export function nameOf(service: string): Name {
  const plain = { alias: cut(service, LONGEST) || "unknown", chips: [], router: false, bound: [] };
  if (ROUTER.test(service)) return { ...plain, chips: [service], router: true };
  const inet = INET.exec(service);
  if (inet?.[1]) return { ...plain, alias: inet[1], chips: [`inet :${inet[2]}`] };
  const at = service.indexOf("#/");
  if (at < 0) return plain;
  const bound = service
    .slice(at + 2)
    .split("/")
    .filter(Boolean);
  const last = bound.at(-1);
  if (!last) return plain;
  const transformer = service
    .slice(0, at)
    .split("/")
    .filter((part) => part && part !== "%");
  return {
    alias: cut(last, LONGEST),
    chips: [...transformerChip(transformer), namerChip(bound)],
    router: false,
    bound,
  };
}

/** Aliases for a set of names: where two would share one, each adds its first differing segment. */
export function namesOf(services: Iterable<string>): Map<string, Name> {
  const names = new Map([...new Set(services)].map((service) => [service, nameOf(service)] as const));
  const byAlias = Map.groupBy(names.entries(), ([, name]) => name.alias);
  for (const group of byAlias.values()) {
    const paths = group.map(([, name]) => name.bound).filter((path) => path.length > 0);
    const differs = firstDifference(paths);
    if (differs < 0) continue;
    for (const [service, name] of group) {
      const segment = name.bound[differs];
      if (segment) names.set(service, { ...name, alias: `${name.alias} ${shortKind(segment)}` });
    }
  }
  return names;
}

/** Head and tail for one line where the head gives way: cut at a slash near the end, else by count. */
export function headAndTail(text: string, tail = 20): readonly [string, string] {
  const slash = text.indexOf("/", Math.max(0, text.length - tail));
  const at = slash < 0 ? Math.max(0, text.length - tail) : slash;
  return [text.slice(0, at), text.slice(at)];
}

/** At most `longest` characters, the middle replaced by an ellipsis. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const half = Math.floor((longest - 1) / 2);
  return `${text.slice(0, longest - 1 - half)}…${text.slice(text.length - half)}`;
}

const shortKind = (part: string): string => part.replace(/^(?:io\.l5d\.)?(?:k8s\.)?/, "");

function transformerChip(parts: readonly string[]): string[] {
  const kind = parts[0];
  if (!kind) return [];
  return [parts.length > 1 ? `${shortKind(kind)} ${parts.at(-1)}` : shortKind(kind)];
}

/** `io.l5d.k8s/prod/http/cart` → `k8s prod`: the namer and where it looked, without port and name. */
const namerChip = (bound: readonly string[]): string => [shortKind(bound[0] ?? ""), ...bound.slice(1, -2)].join(" ");

function firstDifference(paths: readonly (readonly string[])[]): number {
  const longest = Math.max(0, ...paths.map((path) => path.length));
  for (let i = 0; i < longest; i++) if (new Set(paths.map((path) => path[i])).size > 1) return i;
  return -1;
}
