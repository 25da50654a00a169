/** Is this mesh doing what its configuration says: its routers, their names, and what needs a look. */
import { useEffect, useRef, useState } from "preact/hooks";
import { getMesh, getNames } from "../../api/mesh";
import { age, type Mesh, type Names } from "../../model/mesh";
import { concernsOf, unboundNames } from "../../model/concerns";
import { count } from "../../model/numbers";
import { type History, figures, servers } from "../../model/traffic";
import { ROUTER } from "../../model/services";
import { Swatch } from "../../widgets/marks";
import { useDrawn } from "../../widgets/ready";
import { Progress } from "../../widgets/states";
import { useKeys } from "../keys";
import { FigureCells, FigureHeads } from "./Figures";
import { Lost } from "./Lost";
import { MeshPanel } from "./MeshPanel";
import { NamesTable } from "./NamesTable";
import { usePolled } from "./polled";
import { useTraffic } from "./traffic";

export function Dashboard() {
  const [paused, setPaused] = useState(false);
  const mesh = usePolled(getMesh, !paused);
  const names = usePolled(getNames, !paused);
  const { history, metrics } = useTraffic(mesh.value?.routers.map(({ label }) => label) ?? [], !paused);
  const find = useRef<HTMLInputElement>(null);
  const pause = () => setPaused(!paused);
  useKeys({
    title: "Mesh",
    keys: [
      { key: "/", words: "find a name", run: () => find.current?.focus() },
      { key: ".", words: "pause, go on", run: pause },
    ],
    told: [
      ["ArrowUp", "name above, also k"],
      ["ArrowDown", "name below, also j"],
      ["ArrowRight", "unfold: where it goes, and the endpoints"],
      ["ArrowLeft", "fold"],
      ["Enter", "open the name in the playground"],
    ],
  });
  useEffect(() => {
    document.title = "Mesh · clew";
  }, []);
  useDrawn((mesh.value && (history.at(-1) ?? metrics.failure)) ?? mesh.failure);
  if (!mesh.value)
    return (
      <>
        <h1 class="vh">Mesh</h1>
        <Progress on={!mesh.failure} />
        <Lost polled={mesh} />
      </>
    );
  const concerns = concernsOf(mesh.value, names.value, history.at(-1)?.routers ?? null);
  return (
    <>
      <h1 class="vh">Mesh</h1>
      <Lost polled={mesh} />
      {!mesh.failure && <Lost polled={metrics} />}
      <div class="split stacked">
        <div class={`main${mesh.failure ? " stale" : ""}`}>
          <div class="toolbar">
            <Facts mesh={mesh.value} names={names.value} now={mesh.at} />
            <span class="grow" />
            <button type="button" class="plain tiny" aria-pressed={paused} onClick={pause}>
              {paused ? "Go on" : "Pause"}
            </button>
          </div>
          <RouterTable mesh={mesh.value} history={history} />
          <NamesTable routers={mesh.value.routers} names={names.value?.names ?? []} history={history} field={find} />
        </div>
        <MeshPanel mesh={mesh.value} now={mesh.at} names={names} concerns={concerns} paused={paused} />
      </div>
    </>
  );
}

/** `now` is in epoch milliseconds. */
function Facts({ mesh, names, now }: { mesh: Mesh; names: Names | null; now: number }) {
  const labels = mesh.routers.map(({ label }) => label);
  const unbound = names ? unboundNames(names, labels).length : 0;
  const bound = names?.names.filter(({ state }) => state === "known").length ?? 0;
  return (
    <span class="sm soft cut">
      up {age((now - mesh.started) / 1000)} ·{" "}
      {mesh.refused.length > 0 ? <span class="late">edit refused; the configuration</span> : "configuration"} of{" "}
      {age((now - mesh.configured) / 1000)} ago in force
      {names && (
        <>
          {" · "}
          {count(bound)} bound
          {unbound > 0 && (
            <>
              , <span class="bad">{count(unbound)} unbound</span>
            </>
          )}
        </>
      )}
    </span>
  );
}

function RouterTable({ mesh, history }: { mesh: Mesh; history: History }) {
  const newest = history.at(-1)?.routers;
  return (
    <table class="traffic quiet" aria-label="Routers">
      <thead>
        <tr>
          <th>Router</th>
          <FigureHeads />
          <th class="num fig">In flight</th>
          <th class="state">Sends to</th>
        </tr>
      </thead>
      <tbody>
        {mesh.routers.map(({ label, servers: places, protocol }) => {
          const traffic = newest?.get(label);
          const shown = figures(history, label, servers);
          return (
            <tr key={label}>
              <td>
                <span class="row">
                  <Swatch mark={ROUTER} />
                  <b class="alias">{label}</b>
                  <span class="sm muted cut" title={places.join(", ")}>
                    {protocol === "http" ? "" : `${protocol} `}
                    {places.join(", ")}
                  </span>
                </span>
              </td>
              <FigureCells figures={shown} />
              <td class="num soft">{shown ? count(shown.now.pending) : "–"}</td>
              <td class="sm soft">
                {traffic ? `${count(traffic.services.size)} services, ${count(traffic.clients.size)} clients` : ""}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
