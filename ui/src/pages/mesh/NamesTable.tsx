/** The names of one router as a tree: the name, where it goes, its endpoints; or all that it sends to. */
import type { RefObject } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { AskedName, Router } from "../../model/mesh";
import { type NameRow, clientRow, namesOfRouter, rowsOfName } from "../../model/meshRows";
import { count } from "../../model/numbers";
import { type Figures, type History, figures } from "../../model/traffic";
import { Segments } from "../../widgets/Segments";
import { Chips } from "../../widgets/marks";
import { useRows } from "../../widgets/rows";
import { Empty } from "../../widgets/states";
import { FindField, sought } from "../FindField";
import { go, params, step } from "../place";
import { FigureCells, FigureHeads, NoFigures } from "./Figures";

/** More rows are looked for by name. */
const MOST = 300;

type Sort = "name" | "requests" | "success" | "slowest";
const SORTS: readonly (readonly [Sort, string])[] = [
  ["name", "by name"],
  ["requests", "by requests"],
  ["success", "worst success first"],
  ["slowest", "slowest first"],
];

const RANK: Readonly<Record<Sort, (shown: Figures | null) => number>> = {
  name: () => 0,
  requests: (shown) => -(shown?.perSecond ?? 0),
  success: (shown) => shown?.success ?? 2,
  slowest: (shown) => -(shown?.now.p99 ?? -1),
};

export function NamesTable({
  routers,
  names,
  history,
  field,
}: {
  routers: readonly Router[];
  names: readonly AskedName[];
  history: History;
  field: RefObject<HTMLInputElement | null>;
}) {
  const find = sought();
  const asClients = params.value.get("show") === "clients";
  const router = routers.find(({ label }) => label === params.value.get("router")) ?? routers[0];
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const label = router?.label ?? "";
  const labels = routers.map((each) => each.label);
  const traffic = history.at(-1)?.routers.get(label);
  const known = useMemo(() => namesOfRouter(label, labels, traffic, names), [label, traffic, names]);
  const tops = asClients
    ? [...(traffic?.clients ?? [])].map(([id, counts]) => clientRow(id, counts))
    : [...known].flatMap(([path, asked]) => rowsOfName(path, asked, traffic, false));
  const found = tops.filter(({ whole, text }) => `${whole} ${text}`.toLowerCase().includes(find));
  const { order, sort, setSort } = useOrder(found, history, label, `${label} ${asClients}`);
  const shown = order.slice(0, MOST);
  const rows = asClients
    ? shown
    : shown.flatMap((row) => rowsOfName(row.key, known.get(row.key) ?? null, traffic, open.has(row.key)));
  const fold = (row: NameRow | undefined, unfold: boolean) => {
    if (row?.open !== !unfold) return false;
    setOpen(unfold ? new Set([...open, row.key]) : new Set([...open].filter((key) => key !== row.key)));
    return true;
  };
  const list = useRows<HTMLTableSectionElement>(rows.length, (key, index) => {
    if (key === "ArrowRight" || key === "ArrowLeft") return fold(rows[index], key === "ArrowRight");
    const row = rows[index];
    if (key !== "Enter" || asClients || row?.level !== 1) return false;
    go(playground(label, row.key));
    return true;
  });
  return (
    <>
      <div class="toolbar">
        <h2>Names</h2>
        {routers.length > 1 && (
          <select aria-label="Router" value={label} onChange={(event) => step({ router: event.currentTarget.value })}>
            {labels.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )}
        <Segments
          label="Rows"
          value={asClients ? "clients" : "services"}
          options={[
            ["services", "Services"],
            ["clients", "Clients"],
          ]}
          onChange={(value) => step({ show: value === "clients" ? value : null })}
        />
        <span class="grow" />
        <select aria-label="Order" value={sort} onChange={(event) => setSort(event.currentTarget.value as Sort)}>
          {SORTS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        <FindField label="Find name" hint="Find name" field={field} />
      </div>
      <div class="scroll">
        <table
          class="traffic names"
          role="treegrid"
          aria-label={asClients ? `Clients of ${label}` : `Names of ${label}, where they go, endpoints`}
        >
          <thead>
            <tr>
              <th>{asClients ? "Client" : "Name, where it goes, endpoint"}</th>
              <FigureHeads />
              <th class="num fig">{asClients ? "In flight" : "Retries"}</th>
              <th class="state">State</th>
            </tr>
          </thead>
          <tbody ref={list.body} onKeyDown={list.onKeyDown}>
            {rows.map((row, i) => {
              const numbers = row.pick && figures(history, label, row.pick);
              return (
                <tr
                  key={row.key}
                  {...list.row(i)}
                  aria-level={row.level}
                  {...(row.open === null ? {} : { "aria-expanded": row.open })}
                  class={`level-${row.level}`}
                  onClick={() => fold(row, !row.open)}
                >
                  <td>
                    <NameCell row={row} router={label} asClient={asClients} />
                  </td>
                  {row.pick ? <FigureCells figures={numbers} /> : <NoFigures />}
                  <td class="num soft">{extra(numbers, row, asClients)}</td>
                  <td class={`sm ${row.tone || "soft"}`}>{row.state}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {rows.length === 0 && <Nothing find={find} label={label} />}
        {found.length > MOST && (
          <p class="sm muted more">{count(found.length - MOST)} more: find them by their name.</p>
        )}
      </div>
    </>
  );
}

export const playground = (router: string, name: string): string =>
  `delegator?${new URLSearchParams({ router, name })}`;

function extra(numbers: Figures | null, row: NameRow, asClients: boolean): string {
  if (!numbers || row.level > 1) return "";
  return count(asClients ? numbers.now.pending : numbers.now.retries);
}

function NameCell({ row, router, asClient }: { row: NameRow; router: string; asClient: boolean }) {
  const isPath = row.level !== 2 && !asClient;
  return (
    <span class="row name" title={row.whole}>
      {row.level === 1 && !asClient && <span class="twist">{row.open === null ? "" : row.open ? "▾" : "▸"}</span>}
      {row.level === 1 && !asClient ? (
        <a
          class="mono cut"
          href={playground(router, row.key)}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          <bdi>{row.text}</bdi>
        </a>
      ) : (
        <bdi class={`cut${isPath ? " mono" : " alias"}`}>{row.text}</bdi>
      )}
      <Chips chips={row.chips} />
    </span>
  );
}

/** The order stays while the numbers change, until another is asked for or the rows are others. */
function useOrder(rows: readonly NameRow[], history: History, label: string, of: string) {
  const sort = SORTS.find(([value]) => value === params.value.get("sort"))?.[0] ?? "name";
  const keys = rows.map(({ key }) => key);
  const ranks = useMemo(() => {
    const ranked = rows.map(
      ({ key, pick, text }) => [key, RANK[sort](pick && figures(history, label, pick)), text] as const,
    );
    const ordered = ranked.toSorted((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
    return new Map(ordered.map(([key], i) => [key, i]));
  }, [sort, of, keys.toSorted().join(" ")]);
  const order = rows.toSorted((a, b) => (ranks.get(a.key) ?? 0) - (ranks.get(b.key) ?? 0));
  return { order, sort, setSort: (value: Sort) => step({ sort: value === "name" ? null : value }) };
}

const Nothing = ({ find, label }: { find: string; label: string }) =>
  find ? (
    <Empty title="No name matches">
      <p>
        Nothing of {label} has <bdi class="mono">{find}</bdi> in its name.
      </p>
    </Empty>
  ) : (
    <Empty title="No request yet">
      <p>Names appear as requests ask for them.</p>
    </Empty>
  );
