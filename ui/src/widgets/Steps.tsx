/** The steps by which a name is bound, as a tree: the way that requests take is strong. */
import type { Row } from "../model/delegation";
import { Mid } from "./marks";
import { useRows } from "./rows";

/** Pixels: the height of a row, the indent of a level, the first line, the radius of a step. */
const [ROW, INDENT, LEFT, RADIUS] = [26, 18, 21, 4];
/** Deeper levels are not indented further, so that names keep their room. */
const DEEPEST = 14;

export function Steps({
  rows,
  label,
  marked,
  onMark,
}: {
  rows: readonly Row[];
  label: string;
  /** The index of the row whose line is pointed at; -1 for none. */
  marked: number;
  onMark: (index: number) => void;
}) {
  const list = useRows<HTMLOListElement>(rows.length);
  return (
    <div class="scroll steps">
      <div class="heads" aria-hidden="true">
        <span>Name</span>
        <span>Because of</span>
        <span>Outcome</span>
      </div>
      <div class="body">
        <Branches rows={rows} />
        <ol role="tree" aria-label={label} ref={list.body} onKeyDown={list.onKeyDown}>
          {rows.map((row, i) => {
            const { tabIndex, onFocus, ...rest } = list.row(i);
            return (
              <li
                key={idOf(rows, i)}
                role="treeitem"
                {...rest}
                tabIndex={tabIndex}
                aria-level={row.depth + 1}
                class={`${row.way}${row.end ? " end" : ""}${i === marked ? " on" : ""}`}
                onFocus={() => {
                  onFocus();
                  onMark(i);
                }}
                onPointerEnter={() => onMark(i)}
                onPointerLeave={() => onMark(-1)}
              >
                <span class="name" style={{ paddingLeft: `${x(row.depth) + 15}px` }}>
                  <Mid text={row.path} />
                </span>
                <span class="by cut" title={row.because}>
                  <bdi>{row.because}</bdi>
                </span>
                <span class="cut outcome" title={row.outcome}>
                  {row.end && row.outcome.startsWith("bound") && <span class="good">✓ </span>}
                  {row.outcome}
                  <span class="vh">{WAYS[row.way]}</span>
                </span>
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}

/** The way to it: a name may stand in several places. */
const idOf = (rows: readonly Row[], index: number): string => {
  const row = rows[index];
  return row ? `${idOf(rows, row.parent)}>${index - row.parent}` : "";
};

/** What weight and colour say. */
const WAYS: Readonly<Record<Row["way"], string>> = {
  taken: ", taken",
  tried: ", leads nowhere",
  spare: ", not needed",
};

const x = (depth: number): number => LEFT + Math.min(depth, DEEPEST) * INDENT;
const y = (index: number): number => index * ROW + ROW / 2;

function Branches({ rows }: { rows: readonly Row[] }) {
  const height = rows.length * ROW;
  // those that are taken lie above the others
  const drawn = rows.map((row, i) => ({ row, i })).toSorted((a, b) => Number(isTaken(a.row)) - Number(isTaken(b.row)));
  return (
    <svg width={x(DEEPEST) + 2 * RADIUS} height={height} fill="none" aria-hidden="true">
      {drawn.map(({ row, i }) => {
        const stroke = isTaken(row) ? "var(--ink)" : "var(--line-strong)";
        const from = rows[row.parent];
        return (
          <g key={idOf(rows, i)} stroke={stroke}>
            {from && from.depth < DEEPEST && (
              <path
                d={`M${x(from.depth)} ${y(row.parent) + RADIUS + 1}V${y(i)}H${x(row.depth) - RADIUS - 1}`}
                stroke-width={isTaken(row) ? 2 : 1}
              />
            )}
            <circle
              cx={x(row.depth)}
              cy={y(i)}
              r={RADIUS}
              stroke-width="1.5"
              fill={row.end ? "var(--ink)" : "var(--bg)"}
            />
          </g>
        );
      })}
    </svg>
  );
}

const isTaken = ({ way }: Row): boolean => way === "taken";
