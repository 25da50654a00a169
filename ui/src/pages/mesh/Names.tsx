/** Every name that requests asked for: where it goes by now, and if nowhere, why. */
import { useEffect, useRef } from "preact/hooks";
import { getMesh, getNames } from "../../api/mesh";
import { type AskedName, type ReadName, age, readName } from "../../model/mesh";
import { LONGEST, cut, nameOf } from "../../model/names";
import { count, counted } from "../../model/numbers";
import { Segments } from "../../widgets/Segments";
import { useDrawn } from "../../widgets/ready";
import { useRows } from "../../widgets/rows";
import { Empty, Progress } from "../../widgets/states";
import { FindField, sought } from "../FindField";
import { useKeys } from "../keys";
import { go, params, step } from "../place";
import { Lost } from "./Lost";
import { usePolled } from "./polled";

/** More rows are looked for by name. */
const MOST = 500;
/** Endpoints that a row names; the rest is a number. */
const SHOWN = 4;

type Shown = "all" | "unknown" | "overridden";
const STATES: readonly (readonly [Shown, string])[] = [
  ["all", "All"],
  ["unknown", "Unbound"],
  ["overridden", "By override"],
];
const WORDS: Readonly<Record<AskedName["state"], string>> = {
  known: "bound",
  overridden: "bound by override",
  unknown: "unbound",
  pending: "waiting",
};

export function NamesPage() {
  const names = usePolled(getNames);
  const mesh = usePolled(getMesh);
  const labels = mesh.value?.routers.map(({ label }) => label) ?? [];
  const find = sought();
  const state = STATES.find(([value]) => value === params.value.get("state"))?.[0] ?? "all";
  const all = names.value?.names ?? [];
  const found = all.filter(
    (each) => (state === "all" || each.state === state) && textOf(each).toLowerCase().includes(find),
  );
  const field = useRef<HTMLInputElement>(null);
  useKeys({
    title: "Names",
    keys: [{ key: "/", words: "find a name or an endpoint", run: () => field.current?.focus() }],
    told: [
      ["ArrowUp", "row above, also k"],
      ["ArrowDown", "row below, also j"],
      ["Enter", "open the name in the playground"],
    ],
  });
  useEffect(() => {
    document.title = "Names · clew";
  }, []);
  useDrawn(names.value ?? names.failure);
  return (
    <>
      <h1 class="vh">Names</h1>
      <div class="toolbar">
        <Segments
          label="State"
          value={state}
          options={STATES}
          onChange={(value) => step({ state: value === "all" ? null : value })}
        />
        {names.value && (
          <span class="sm muted cut" role="status">
            {counted(found.length, "name")}
            {found.length < all.length && ` of ${count(all.length)}`}
          </span>
        )}
        <span class="grow" />
        <FindField label="Find name or endpoint" hint="Find" field={field} />
      </div>
      <Progress on={!names.value && !names.failure} />
      <Lost polled={names} />
      {names.value && (
        <div class={`scroll${names.failure ? " stale" : ""}`}>
          {found.length > 0 ? (
            <NamesList names={found.slice(0, MOST)} labels={labels} />
          ) : (
            <Nothing asked={all.length > 0} />
          )}
          {found.length > MOST && (
            <p class="sm muted more">{count(found.length - MOST)} more: find them by their name.</p>
          )}
        </div>
      )}
    </>
  );
}

const textOf = ({ name, endpoints, why }: AskedName): string =>
  [name, why, ...endpoints.flatMap(({ address, client }) => [address, client])].join(" ");

const Nothing = ({ asked }: { asked: boolean }) =>
  asked ? (
    <Empty title="No name matches">
      <p>Choose “All”, or clear the field.</p>
    </Empty>
  ) : (
    <Empty title="No request yet">
      <p>Names appear as requests ask for them.</p>
    </Empty>
  );

function NamesList({ names, labels }: { names: readonly AskedName[]; labels: readonly string[] }) {
  const read = names.map((each) => readName(each.name, labels));
  const list = useRows<HTMLTableSectionElement>(names.length);
  return (
    <table class="asked">
      <caption class="vh">Names that requests asked for</caption>
      <thead>
        <tr>
          <th>Name</th>
          <th class="router">Router</th>
          <th class="state">State</th>
          <th>Endpoints, or why there are none</th>
          <th class="num age">Since</th>
        </tr>
      </thead>
      <tbody ref={list.body} onKeyDown={list.onKeyDown}>
        {names.map((each, i) => {
          const { router, path, dtab } = read[i] ?? { router: "", path: each.name, dtab: "" };
          const to = linkOf({ router, path, dtab });
          return (
            <tr key={each.name} onClick={() => go(to)}>
              <td>
                <a class="mono cut" href={to} {...list.row(i)} onClick={(event) => event.stopPropagation()}>
                  <bdi title={path}>{path}</bdi>
                </a>
                {dtab && (
                  <span class="sm muted mono cut block" title={dtab}>
                    {dtab}
                  </span>
                )}
              </td>
              <td class="soft cut">{router}</td>
              <td class={`sm ${each.state === "unknown" ? "bad" : each.state === "pending" ? "late" : "soft"}`}>
                {WORDS[each.state]}
              </td>
              <td class="wrap">
                <Where name={each} />
              </td>
              <td class="num soft">{age(each.age_seconds)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const linkOf = ({ router, path, dtab }: ReadName): string =>
  `delegator?${new URLSearchParams({ router, name: path, ...(dtab ? { dtab } : {}) })}`;

function Where({ name: { endpoints, why, advice } }: { name: AskedName }) {
  const byClient = [...Map.groupBy(endpoints, ({ client }) => client)];
  return (
    <>
      {byClient.map(([client, places]) => (
        <div key={client} class="row where">
          <b class="alias" title={client}>
            {nameOf(client).alias}
          </b>
          <span class="mono soft cut" title={places.map(({ address }) => address).join("\n")}>
            {places
              .slice(0, SHOWN)
              .map(({ address, weight }) => (weight === 1 ? address : `${address} ×${weight}`))
              .join(", ")}
          </span>
          {places.length > SHOWN && <span class="sm muted">+{count(places.length - SHOWN)}</span>}
        </div>
      ))}
      {why && (
        <span class="soft" title={why}>
          {cut(why, 2 * LONGEST)}
        </span>
      )}
      {advice.map((line) => (
        <div key={line} class="sm late">
          {line}
        </div>
      ))}
    </>
  );
}
