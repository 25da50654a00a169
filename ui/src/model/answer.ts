/** What the trace page says first, in words. */
import { type LookUp, labelOf } from "./label";
import { counted, duration, inWords } from "./numbers";
import { errorSummary } from "./summary";
import { type Node, type Trace, durationOf, rootOf, serviceOfNode } from "./tree";

export interface Answer {
  /** How long, and what went wrong. */
  readonly headline: string;
  /** What else one should know; may be empty. */
  readonly notes: readonly string[];
}

export function answerOf(trace: Trace, look: LookUp): Answer {
  const root = rootOf(trace);
  if (!root) return { headline: "This trace has no spans.", notes: [] };
  const took = duration(trace.missing > 0 ? trace.extent : durationOf(root));
  const notes = [meshNote(trace, look), missingNote(trace.missing)].filter((note) => note !== "");
  return { headline: `${took}. ${errorSentence(trace.nodes, root, look)}`, notes };
}

function errorSentence(nodes: readonly Node[], root: Node, look: LookUp): string {
  const first = errorSummary(nodes, root, look);
  if (!first) return "No errors.";
  const count = nodes.filter((node) => node.errorBegan).length;
  const where = count === 1 ? `, in ${first.where}` : "";
  const outcome = root.error !== null ? `the caller saw ${root.error}` : "it did not reach the caller";
  return `${inWords(count, "error")}${where}; ${count > 1 && root.error === null ? "they" + outcome.slice(2) : outcome}.`;
}

function meshNote(trace: Trace, look: LookUp): string {
  const routers = trace.nodes.filter(
    (node) => node.kind === "span" && look(serviceOfNode(node)).mark.kind === "router",
  );
  const reached = trace.nodes.filter(
    (node) => node.kind === "span" && node.span.kind === "CLIENT" && isEndOfMesh(node, look),
  );
  if (routers.length === 0) return "";
  const carried = reached.length > 0 ? ` carried ${inWords(reached.length, "call").toLowerCase()}` : " took part";
  return `${inWords(routers.length, "router")}${carried}.`;
}

/** A client span below a router that no further router takes: the call reached its application there. */
function isEndOfMesh(node: Node, look: LookUp): boolean {
  const below = node.parent !== null && look(serviceOfNode(node.parent)).mark.kind === "router";
  return below && !labelOf(node, look).mesh;
}

const missingNote = (missing: number): string =>
  missing === 0
    ? ""
    : `${counted(missing, "span has", "spans have")} a parent that never arrived; ${missing === 1 ? "it is" : "they are"} shown under “missing”.`;
