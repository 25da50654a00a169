/** The services of one trace, and who called whom. */
import { useMemo, useState } from "preact/hooks";
import type { LookUp } from "../../model/label";
import { MOST_DRAWN } from "../../model/map";
import { traceMap } from "../../model/traceMap";
import type { Trace } from "../../model/tree";
import { Graph } from "../../widgets/Graph";
import { Empty } from "../../widgets/states";
import { LinkTable } from "../LinkTable";

export function TraceMap({ calls, look }: { calls: Trace; look: LookUp }) {
  const map = useMemo(() => traceMap(calls, look), [calls, look]);
  const [selected, setSelected] = useState<string | null>(null);
  const select = (id: string) => setSelected(id === selected ? null : id);
  if (map.edges.length === 0)
    return (
      <Empty title="One service alone">
        <p>No call in this trace goes from one service to another.</p>
      </Empty>
    );
  return (
    <div class="page">
      {map.places.length <= MOST_DRAWN && (
        <div class="trace-map">
          <Graph
            map={map}
            selected={selected}
            onSelect={select}
            label="Services of this trace; the same numbers stand below"
          />
        </div>
      )}
      <LinkTable map={map} selected={selected} onSelect={select} times={["Middle", "Longest"]} />
    </div>
  );
}
