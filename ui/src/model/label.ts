/** What a row says about its span. */
import { type Look, ROUTER, type Mark } from "./services";
import { addressOf, micros } from "./span";
import { duration } from "./numbers";
import { type Node, durationOf, serviceOfNode } from "./tree";

export interface Label {
  /** The raw service name. */
  readonly service: string;
  readonly alias: string;
  readonly operation: string;
  readonly mark: Mark;
  /** A router, or the hop between two: drawn thin and grey. */
  readonly mesh: boolean;
  /** `→ 10.4.2.21:8080` for a client, the router's own name for a router. */
  readonly peer: string;
}

export type LookUp = (service: string) => Look;

export function labelOf(node: Node, look: LookUp): Label {
  if (node.kind === "missing") {
    return {
      service: "",
      alias: "missing",
      operation: "their parents never arrived",
      mark: ROUTER,
      mesh: true,
      peer: "",
    };
  }
  const service = serviceOfNode(node);
  const { alias, mark } = look(service);
  const name = node.joined?.name ?? node.span.name ?? "";
  const remote = addressOf(
    node.span.kind === "CLIENT" || node.span.kind === "PRODUCER" ? node.span.remoteEndpoint : undefined,
  );
  if (mark.kind === "router") {
    const [label, operation] = routerLabel(node, name);
    return { service, alias: label || alias, operation, mark, mesh: true, peer: service };
  }
  return { service, alias, operation: name, mark, mesh: isHop(node, look), peer: remote && `→ ${remote}` };
}

/** One sentence for a screen reader, with all that the bar shows. */
export function sentenceOf(node: Node, { alias, operation }: Label): string {
  const error = node.error ? `error ${node.error}${node.errorBegan ? " began here" : " passed on"}` : "";
  const moved = node.moved === 0 ? "" : `moved ${shiftInWords(node)}`;
  return [`${alias} ${operation}`.trim(), duration(durationOf(node)), error, moved].filter(Boolean).join(", ");
}

/** How a moved span stands to what was reported. */
export const shiftInWords = ({ moved }: Node): string =>
  `${duration(micros(Math.abs(moved)))} ${moved < 0 ? "earlier" : "later"}`;

const isRouter = (node: Node, look: LookUp): boolean => look(serviceOfNode(node)).mark.kind === "router";

/**
 * A client span from router to router. A call that reaches an application is none, even when that application's own calls
 * come back through a router: those are other ports, other names.
 */
function isHop(node: Node, look: LookUp): boolean {
  const { parent, span } = node;
  if (span.kind !== "CLIENT" || !parent || !isRouter(parent, look)) return false;
  const port = span.remoteEndpoint?.port;
  const logical = routerLabel(parent, parent.span.name ?? "")[1];
  return node.children.some(
    (child) =>
      child.span.kind === "SERVER" &&
      isRouter(child, look) &&
      (port ? serviceOfNode(child).endsWith(`/${port}`) : routerLabel(child, child.span.name ?? "")[1] === logical),
  );
}

/** `outgoing /svc/hello` is the router's label and the logical name. */
function routerLabel(node: Node, name: string): readonly [string, string] {
  const label = node.span.tags?.["router.label"];
  const [first = "", ...rest] = name.split(" ");
  if (label && first.toLowerCase() !== label.toLowerCase()) return [label, name];
  return [label ?? (rest.length > 0 ? first : ""), rest.length > 0 ? rest.join(" ") : label ? "" : name];
}
