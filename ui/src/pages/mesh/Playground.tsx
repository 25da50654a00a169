/** Where does this name go, why, and what would this change do. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Failure } from "../../api/http";
import { getMesh, getNames } from "../../api/mesh";
import { type Row, rowsOf, verdict } from "../../model/delegation";
import { keyOf, readLines, usesOf } from "../../model/dtab";
import { type Names, type Router, readName } from "../../model/mesh";
import { Steps } from "../../widgets/Steps";
import { useDrawn } from "../../widgets/ready";
import { Empty, Fault, Progress, copy } from "../../widgets/states";
import { wordsFor } from "../failures";
import { useKeys } from "../keys";
import { change, here, params, step } from "../place";
import { DtabPane } from "./DtabPane";
import { ImpactPane } from "./ImpactPane";
import { Lost } from "./Lost";
import { SendPane } from "./SendPane";
import { isBlank, useDelegation } from "./delegation";
import { usePolled } from "./polled";

/** A name that is offered while none was given. */
const OFFERED = 200;

export function Playground() {
  const mesh = usePolled(getMesh);
  const names = usePolled(getNames);
  const routers = mesh.value?.routers ?? [];
  const router = routers.find(({ label }) => label === params.value.get("router")) ?? routers[0] ?? null;
  const name = params.value.get("name") ?? (router ? `${router.prefix}/` : "");
  const override = params.value.get("dtab") ?? "";
  const field = useRef<HTMLInputElement>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  const address = useRef<HTMLInputElement>(null);
  const asked = useDelegation(router, name, override);
  const [marked, setMarked] = useState(-1);
  const rows = useMemo(() => (asked.found ? rowsOf(asked.found.tree) : []), [asked.found]);
  useKeys({
    title: "Playground",
    keys: [
      { key: "/", words: "the name", run: () => field.current?.focus() },
      { key: "e", words: "the override", run: () => editor.current?.focus() },
      { key: "s", words: "the request to send", run: () => address.current?.focus() },
    ],
    told: [
      ["Ctrl Enter", "send the request"],
      ["ArrowUp", "step above, also k"],
      ["ArrowDown", "step below, also j"],
    ],
  });
  useEffect(() => {
    document.title = `${name || "Playground"} · clew`;
  }, [name]);
  const settled = asked.found ?? asked.failure ?? (mesh.value && isBlank(name, router) ? mesh.value : mesh.failure);
  useDrawn(asked.waiting ? null : settled);
  return (
    <>
      <h1 class="vh">Playground</h1>
      <Lost polled={mesh} />
      {router && (
        <>
          <div class="toolbar">
            <label class="row">
              <span class="sm muted">Router</span>
              <select value={router.label} onChange={(event) => step({ router: event.currentTarget.value })}>
                {routers.map(({ label }) => (
                  <option key={label}>{label}</option>
                ))}
              </select>
            </label>
            <label class="row name-field">
              <span class="sm muted">Name</span>
              <input
                ref={field}
                class="mono"
                aria-label="Name to resolve"
                list="asked-names"
                spellcheck={false}
                autocomplete="off"
                value={name}
                onInput={(event) => change({ name: event.currentTarget.value })}
              />
            </label>
            <datalist id="asked-names">
              {offered(names.value, routers, router).map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
            <span class="grow" />
            {override.trim() && (
              <button type="button" class="plain tiny" onClick={() => void copy(header(override), "Header")}>
                Copy as l5d-dtab header
              </button>
            )}
            <button type="button" class="plain tiny wide" onClick={() => void copy(here(), "Link")}>
              Copy link
            </button>
          </div>
          <div class="playground">
            <div class="left">
              <DtabPane
                router={router}
                override={override}
                uses={usesOf(rows)}
                marked={keyAt(rows, marked)}
                editor={editor}
                onMark={(line) =>
                  setMarked(rows.findIndex(({ dentry, way }) => dentry && way === "taken" && keyOf(dentry) === line))
                }
                onOverride={(text) => change({ dtab: text })}
              />
              {router.protocol === "http" && (
                <SendPane
                  key={router.label}
                  router={router}
                  name={name}
                  override={override}
                  collector={mesh.value?.collectors[0] ?? null}
                  field={address}
                />
              )}
              {override.trim() && <ImpactPane key={router.label} router={router} override={override} />}
            </div>
            <div class={`answer${asked.waiting && asked.found ? " stale" : ""}`}>
              <Progress on={asked.waiting} />
              {asked.failure && <Refused failure={asked.failure} />}
              {isBlank(name, router) && !asked.failure ? (
                <Empty title="Which name?">
                  <p>
                    Write what requests ask for, such as <code>{router.prefix}/hello</code>, and see each step to its
                    endpoints.
                  </p>
                </Empty>
              ) : (
                asked.found && (
                  <>
                    <p class="verdict" role="status">
                      {verdict(asked.found.name, asked.found.tree, asked.found.base)}
                    </p>
                    <Steps rows={rows} label={`Steps of ${asked.found.name}`} marked={marked} onMark={setMarked} />
                  </>
                )
              )}
            </div>
          </div>
        </>
      )}
    </>
  );
}

const keyAt = (rows: readonly Row[], index: number): string | null => {
  const dentry = rows[index]?.dentry;
  return dentry ? keyOf(dentry) : null;
};

/** The names that requests asked this router for. */
const offered = (names: Names | null, routers: readonly Router[], { label }: Router): string[] =>
  (names?.names ?? [])
    .map((each) =>
      readName(
        each.name,
        routers.map((router) => router.label),
      ),
    )
    .filter(({ router, dtab }) => router === label && dtab === "")
    .slice(0, OFFERED)
    .map(({ path }) => path);

const header = (override: string): string =>
  `l5d-dtab: ${readLines(override)
    .map(({ prefix, dst }) => `${prefix}=>${dst}`)
    .join(";")}`;

const Refused = ({ failure }: { failure: Failure }) =>
  failure.kind === "refused" && failure.status < 500 ? (
    <p class="mistake bad" role="alert">
      {failure.message}
    </p>
  ) : (
    <Fault {...wordsFor(failure)} />
  );
