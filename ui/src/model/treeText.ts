/** A trace as text, to be read in a message or a ticket. */
import { type LookUp, labelOf } from "./label";
import { duration } from "./numbers";
import { type Trace, durationOf } from "./tree";

const STEP = "  ";

/** One line for each span below its parent, with its time and what went wrong; the times stand under each other. */
export function treeLines({ nodes }: Trace, look: LookUp): string[] {
  const named = nodes.map((node) => {
    const { alias, operation, peer } = labelOf(node, look);
    const arrow = peer.startsWith("→") ? peer : "";
    return STEP.repeat(node.depth) + [alias, operation, arrow].filter(Boolean).join(" ");
  });
  const widest = Math.min(
    WIDEST,
    named.reduce((most, text) => Math.max(most, text.length), 0),
  );
  return nodes.map((node, i) => {
    const took = node.kind === "span" ? duration(durationOf(node)).replaceAll("\u00a0", " ") : "";
    const error = node.error === null ? "" : `  ${node.error}${node.errorBegan ? " began here" : ""}`;
    return `${(named[i] ?? "").padEnd(widest)}  ${took.padStart(8)}${error}`.trimEnd();
  });
}

/** Longer names push their times to the right. */
const WIDEST = 90;
