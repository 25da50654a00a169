/** The dtab of a router, and the override of one request below it: later lines win. */
import type { RefObject } from "preact";
import { type LineUse, keyOf, readLines } from "../../model/dtab";
import type { Dentry, Router } from "../../model/mesh";

export function DtabPane({
  router,
  override,
  uses,
  marked,
  editor,
  onMark,
  onOverride,
}: {
  router: Router;
  override: string;
  /** What each line did. */
  uses: ReadonlyMap<string, LineUse>;
  /** The line whose step is pointed at. */
  marked: string | null;
  editor: RefObject<HTMLTextAreaElement | null>;
  onMark: (line: string) => void;
  onOverride: (text: string) => void;
}) {
  const added = readLines(override);
  return (
    <div class="dtab">
      <h2>
        <span class="grow">Base, of {router.label}</span>
        <span class="muted normal">read only</span>
      </h2>
      {router.dtab.length === 0 && <p class="none sm muted">{whyEmpty(router)}</p>}
      <Lines lines={router.dtab} first={1} uses={uses} marked={marked} onMark={onMark} />
      <h2>
        <label for="override" class="grow">
          Override, of one request
        </label>
        <span class="muted normal">comes first</span>
      </h2>
      <textarea
        ref={editor}
        id="override"
        class="mono"
        rows={4}
        spellcheck={false}
        placeholder={`${router.prefix}/world => ${router.prefix}/world-v2 ;`}
        value={override}
        onInput={(event) => onOverride(event.currentTarget.value)}
      />
      <Lines lines={added} first={router.dtab.length + 1} uses={uses} marked={marked} onMark={onMark} />
    </div>
  );
}

const whyEmpty = ({ interpreter }: Router): string =>
  interpreter === "default" ? "This router has no dtab." : `Its names are bound by ${interpreter}; its dtab is there.`;

function Lines({
  lines,
  first,
  uses,
  marked,
  onMark,
}: {
  lines: readonly Dentry[];
  first: number;
  uses: ReadonlyMap<string, LineUse>;
  marked: string | null;
  onMark: (line: string) => void;
}) {
  const widest = Math.min(28, Math.max(0, ...lines.map(({ prefix }) => prefix.length)));
  return (
    <ol start={first}>
      {lines.map((line, i) => {
        const key = keyOf(line);
        const use = uses.get(key);
        return (
          <li
            key={`${first + i} ${key}`}
            class={`${use?.step ? "used" : ""}${marked === key ? " on" : ""}`}
            onPointerEnter={() => onMark(key)}
            onPointerLeave={() => onMark("")}
          >
            <span class="ln">{first + i}</span>
            <code class="cut" title={`${line.prefix} => ${line.dst}`}>
              {`${line.prefix.padEnd(widest)} => ${line.dst}`}
            </code>
            <span class="why">{use?.words}</span>
          </li>
        );
      })}
    </ol>
  );
}
