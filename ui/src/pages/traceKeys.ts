/** The keys of the trace page. */
import { type View, between } from "../model/scale";
import type { Node, Trace } from "../model/tree";
import type { Key, KeyGroup } from "./keys";
import { TABS, type Tab } from "./tracePlace";
import type { Held } from "./useHeldZoom";

/** Room around a span that is zoomed to. */
const MARGIN = 0.05;

interface Context {
  trace: Trace;
  node: Node | undefined;
  limits: View;
  folds: ReadonlySet<string>;
  panel: boolean;
  setView: (view: View) => void;
  setFolds: (folds: ReadonlySet<string>) => void;
  setPanel: (open: boolean) => void;
  jump: (node: Node) => void;
  held: Held;
  focusFind: () => void;
  setTab: (tab: Tab) => void;
  /** Null where no hop can be folded. */
  toggleCalls: (() => void) | null;
  /** Asks with which trace; null where the server has none. */
  compare: (() => void) | null;
}

export function traceKeys({
  trace,
  node,
  limits,
  folds,
  panel,
  setView,
  setFolds,
  setPanel,
  jump,
  held,
  focusFind,
  setTab,
  toggleCalls,
  compare,
}: Context): KeyGroup {
  const toError = (step: 1 | -1) => () => {
    const errors = trace.nodes.filter(({ errorBegan }) => errorBegan);
    const at = node ? trace.nodes.indexOf(node) : -1;
    const place = (error: Node) => trace.nodes.indexOf(error);
    const next =
      step > 0
        ? (errors.find((error) => place(error) > at) ?? errors[0])
        : (errors.findLast((error) => place(error) < at) ?? errors.at(-1));
    if (next) jump(next);
  };
  const zoomTo = (span: Node) => {
    const air = (span.end - span.start) * MARGIN;
    setView(between(span.start - air, span.end + air, limits));
  };
  const foldBelow = (span: Node) => {
    const after = new Set(folds);
    if (!after.delete(`${span.key}*`)) after.add(`${span.key}*`);
    setFolds(after);
  };
  const keys: Key[] = [
    { key: "/", words: "find in trace", run: focusFind },
    { key: "w", words: "zoom in", run: (event) => held.start("w", event) },
    { key: "s", words: "zoom out", run: (event) => held.start("s", event) },
    { key: "a", words: "pan to earlier", run: (event) => held.start("a", event) },
    { key: "d", words: "pan to later", run: (event) => held.start("d", event) },
    { key: "f", words: "zoom to the chosen span", run: () => node && zoomTo(node) },
    { key: "0", words: "the whole trace", run: () => setView(limits) },
    { key: "e", words: "next error", run: toError(1) },
    { key: "E", words: "previous error", run: toError(-1) },
    { key: "x", words: "fold, unfold all below", run: () => node && foldBelow(node) },
    ...(toggleCalls ? [{ key: "m", words: "spans, calls", run: toggleCalls }] : []),
    ...(compare ? [{ key: "o", words: "compare with another trace", run: compare }] : []),
    ...TABS.map((tab, i) => ({ key: String(i + 1), words: tab, run: () => setTab(tab) })),
    { key: "]", words: "show, hide the detail", run: () => setPanel(!panel) },
    ...(panel ? [{ key: "Escape", words: "close the detail", run: () => setPanel(false) }] : []),
  ];
  return {
    title: "Trace",
    keys,
    told: [
      ["ArrowUp", "row above, also k"],
      ["ArrowDown", "row below, also j"],
      ["→", "unfold"],
      ["←", "fold, or go to the parent"],
      ["Home", "first row"],
      ["End", "last row"],
      ["Enter", "open the detail"],
    ],
  };
}
