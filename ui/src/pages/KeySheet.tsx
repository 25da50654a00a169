/** The keys that act here, the page's own first. */
import { useEffect, useRef } from "preact/hooks";
import { singleKeys } from "../widgets/settings";
import { groups } from "./keys";

const SHOWN: Readonly<Record<string, string>> = { Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };

export function KeySheet({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-label="Keys"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <p class="row">
        <span class="grow muted sm">
          {singleKeys.value === "off"
            ? "Single keys are off: hold Alt."
            : "They work when no field has focus. Settings can turn them off."}
        </span>
        <button type="button" class="plain tiny" aria-label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </p>
      {groups.value.map(({ title, keys, told = [] }) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {[...told, ...keys.map(({ key, words }) => [key, words] as const)].map(([key, words]) => (
              <KeyLine key={key} keys={key.split(" ")} words={words} />
            ))}
          </dl>
        </section>
      ))}
    </dialog>
  );
}

const KeyLine = ({ keys, words }: { keys: readonly string[]; words: string }) => (
  <>
    <dt>
      {keys.map((key) => (
        <kbd key={key}>{SHOWN[key] ?? key}</kbd>
      ))}
    </dt>
    <dd>{words}</dd>
  </>
);
