/** One row of the waterfall: its names. The bar is on the canvas beside it. */
import { type LookUp, labelOf, sentenceOf } from "../model/label";
import { count, counted, duration } from "../model/numbers";
import { type Row, foldable, nodeOf } from "../model/rows";
import { durationOf } from "../model/tree";
import { ROW } from "./drawBars";
import { ErrorPill, Swatch } from "./marks";

/** Guides nearer to each other than this are a grey field. */
const LEAST_GUIDE = 3;

export interface SpanRowProps {
  row: Row;
  index: number;
  look: LookUp;
  /** Pixels per level. */
  step: number;
  selected: boolean;
  /** The one row that Tab reaches. */
  stop: boolean;
  found: boolean;
  onSelect: () => void;
  onFold: () => void;
}

export function SpanRow({ row, index, look, step, selected, stop, found, onSelect, onFold }: SpanRowProps) {
  const node = nodeOf(row);
  if (!node) return null;
  const label = labelOf(node, look);
  const { alias, operation, mark, mesh, peer, service } = label;
  const many = row.kind === "likes" ? row.likes : null;
  const opens = foldable(row);
  const inside = row.folded && row.kind === "span" ? node.size - 1 : 0;
  const name = many
    ? `${alias} ${operation}, ${counted(many.nodes.length, "like call")}, ${likesText(many)}`
    : sentenceOf(node, label);
  const indent = { width: `${row.depth * step}px`, "--step": `${step}px` };
  return (
    <div
      role="row"
      data-key={row.key}
      class={`span${mesh ? " mesh" : ""}${row.folded ? " folded" : ""}${found ? " match" : ""}`}
      style={{ top: `${index * ROW}px` }}
      aria-rowindex={index + 1}
      aria-level={row.depth + 1}
      aria-selected={selected}
      aria-label={name + (inside > 0 ? `, ${count(inside)} below folded` : "")}
      {...(opens ? { "aria-expanded": !row.folded } : {})}
      tabIndex={stop ? 0 : -1}
      onClick={onSelect}
    >
      <div class="name" role="rowheader">
        <span class={step < LEAST_GUIDE ? "indent dense" : "indent"} style={indent} />
        <div class="fit">
          <span class="who">
            {opens && (
              <button
                type="button"
                class="twist"
                tabIndex={-1}
                aria-hidden="true"
                onClick={(event) => {
                  event.stopPropagation();
                  onFold();
                }}
              >
                {row.folded ? "▸" : "▾"}
              </button>
            )}
            <Swatch mark={mark} />
            <bdi class="alias cut" title={service}>
              {alias}
            </bdi>
            <bdi class="op cut soft" title={operation}>
              {operation}
            </bdi>
            {node.error !== null && !many && <ErrorPill text={node.error} began={node.errorBegan} />}
            {many && <span class="chip">{`× ${count(many.nodes.length)}, ${likesText(many)}`}</span>}
            {inside > 0 && <span class="chip">{`${count(inside)} below`}</span>}
            {inside > 0 && node.error === null && <FoldedError row={row} />}
          </span>
          {!many && <span class="peer">{peer}</span>}
        </div>
      </div>
      <div class="took" role="gridcell">
        {duration(many ? many.total : durationOf(node))}
      </div>
    </div>
  );
}

/** An error that folding would hide. */
function FoldedError({ row }: { row: Row }) {
  if (row.kind !== "span") return null;
  const stack = [...row.node.children];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.error !== null && node.errorBegan)
      return <ErrorPill text={node.error} began={false} title="an error in what is folded" />;
    stack.push(...node.children);
  }
  return null;
}

const likesText = ({
  shortest,
  longest,
  total,
}: {
  shortest: Parameters<typeof duration>[0];
  longest: Parameters<typeof duration>[0];
  total: Parameters<typeof duration>[0];
}) => `${duration(shortest)}–${duration(longest)}, total ${duration(total)}`;
