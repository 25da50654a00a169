/** The drawings of a trace beside the waterfall. */
import "../../styles/drawings.css";
import { flameOf } from "../../model/flame";
import type { LookUp } from "../../model/label";
import type { View } from "../../model/scale";
import { treeLines } from "../../model/treeText";
import type { Node, Trace } from "../../model/tree";
import { count } from "../../model/numbers";
import { useDrawn } from "../../widgets/ready";
import { copy } from "../../widgets/states";
import { useMemo } from "preact/hooks";
import type { Tab } from "../tracePlace";
import { Flame } from "./Flame";
import { PartsTable } from "./PartsTable";
import { TraceMap } from "./TraceMap";

/** Lines of the tree that are shown; all of them are copied. */
const SHOWN = 5000;

export interface DrawingProps {
  tab: Exclude<Tab, "waterfall">;
  /** As it is shown: with hops folded or not. */
  trace: Trace;
  /** With hops folded. */
  calls: Trace;
  look: LookUp;
  view: View;
  /** The chosen span. */
  node: Node;
  found: ReadonlySet<Node>;
  onView: (view: View) => void;
  onChoose: (node: Node) => void;
  onOpen: (key: string) => void;
}

export function Drawing({ tab, ...props }: DrawingProps) {
  const { trace, calls, look } = props;
  useDrawn(trace);
  switch (tab) {
    case "flame":
      return <FlameOf {...props} />;
    case "table":
      return <PartsTable trace={trace} look={look} />;
    case "tree":
      return <TreeText trace={trace} look={look} />;
    case "map":
      return <TraceMap calls={calls} look={look} />;
    default:
      return tab satisfies never;
  }
}

function FlameOf(props: Omit<DrawingProps, "tab">) {
  const flame = useMemo(() => flameOf(props.trace), [props.trace]);
  return <Flame flame={flame} {...props} />;
}

function TreeText({ trace, look }: { trace: Trace; look: LookUp }) {
  const lines = useMemo(() => treeLines(trace, look), [trace, look]);
  const hidden = lines.length - SHOWN;
  return (
    <div class="scroll tree-text">
      <p class="row">
        <button type="button" onClick={() => void copy(`${lines.join("\n")}\n`, "Tree")}>
          Copy as text
        </button>
        {hidden > 0 && <span class="sm muted">{`${count(hidden)} more lines are copied too.`}</span>}
      </p>
      {/* it scrolls, so keys must reach it */}
      <pre tabIndex={0} aria-label="The trace as text">
        <bdi>{lines.slice(0, SHOWN).join("\n")}</bdi>
      </pre>
    </div>
  );
}
