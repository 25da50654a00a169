/** What of a mesh needs a look, the worst first. */
import { type Mesh, type Names, type ReadName, readName } from "./mesh";
import { LONGEST, cut } from "./names";
import { counted } from "./numbers";
import type { RouterTraffic } from "./traffic";

export interface Concern {
  readonly tone: "bad" | "late";
  /** `Unbound`, `Edit refused`. */
  readonly what: string;
  /** The name, file or address that it is about. */
  readonly about: string;
  /** One line each. */
  readonly why: readonly string[];
  /** Where to go on, relative to the base; null for nowhere. */
  readonly link: { readonly href: string; readonly words: string } | null;
}

/** Of one kind, more than these are told as a number. */
const TOLD = 5;

/** `names` and `traffic` are what is known by now. */
export function concernsOf(
  mesh: Mesh,
  names: Names | null,
  traffic: ReadonlyMap<string, RouterTraffic> | null,
): Concern[] {
  const all = [
    ...(names ? rejected(names) : []),
    ...refusedEdits(mesh),
    ...(names ? crowded(names) : []),
    ...(names
      ? unbound(
          names,
          mesh.routers.map(({ label }) => label),
        )
      : []),
    ...setAside(traffic),
  ];
  return all.map((concern) => ({
    ...concern,
    about: cut(concern.about, LONGEST),
    why: concern.why.map((line) => cut(line, 2 * LONGEST)),
  }));
}

const rejected = ({ rejected: all }: Names): Concern[] =>
  all.map(({ type, name, error }) => ({
    tone: "bad",
    what: "Not accepted by Envoy",
    about: `${type} ${name}`,
    why: [error],
    link: null,
  }));

const refusedEdits = ({ refused }: Mesh): Concern[] =>
  refused.map(({ file, why }) => ({
    tone: "late",
    what: "Edit refused",
    about: file.split("/").at(-1) ?? file,
    why: [...why.split("\n").filter(Boolean), "What was in use before stays."],
    link: null,
  }));

const crowded = ({ gated, refused }: Names): Concern[] => [
  ...(gated
    ? [
        {
          tone: "bad" as const,
          what: "Too many names",
          about: "",
          why: ["Only names that are known already are let through."],
          link: null,
        },
      ]
    : []),
  ...(refused.length > 0
    ? [
        {
          tone: "late" as const,
          what: counted(refused.length, "name over the limits", "names over the limits"),
          about: "",
          why: refused.slice(0, TOLD),
          link: null,
        },
      ]
    : []),
];

/** Names that lead nowhere, each once: that it also came with an override says nothing more. */
export function unboundNames({ names }: Names, labels: readonly string[]): (ReadName & { readonly why: string })[] {
  const all = names
    .filter(({ state }) => state === "unknown")
    .map(({ name, why }) => ({ ...readName(name, labels), why }))
    .toSorted((a, b) => a.dtab.length - b.dtab.length);
  return [...Map.groupBy(all, ({ router, path }) => `${router}${path}`).values()].flatMap(
    ([plainest]) => plainest ?? [],
  );
}

function unbound(names: Names, labels: readonly string[]): Concern[] {
  const all = unboundNames(names, labels);
  const told = all.slice(0, TOLD).map(({ router, path, dtab, why }) => {
    const query = new URLSearchParams({ router, name: path, ...(dtab ? { dtab } : {}) });
    return {
      tone: "bad" as const,
      what: "Unbound",
      about: path,
      why: [`${router}: ${why}`],
      link: { href: `delegator?${query}`, words: "Why" },
    };
  });
  const rest = all.length - told.length;
  if (rest === 0) return told;
  return [
    ...told,
    {
      tone: "bad",
      what: counted(rest, "more name is unbound", "more names are unbound"),
      about: "",
      why: [],
      link: { href: "names?state=unknown", words: "All" },
    },
  ];
}

const setAside = (traffic: ReadonlyMap<string, RouterTraffic> | null): Concern[] =>
  [...(traffic ?? [])].flatMap(([router, { clients }]) =>
    [...clients]
      .filter(([, { size, available }]) => available < size)
      .map(([client, { size, available }]) => ({
        tone: "late" as const,
        what: "Set aside",
        about: client,
        why: [
          `${router}: ${size - available} of ${counted(size, "endpoint")} ${size - available === 1 ? "gets" : "get"} no requests.`,
        ],
        link: null,
      })),
  );
