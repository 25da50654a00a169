/** Chooses a file of traces; dropping one anywhere on the pages does the same. */
import { useRef } from "preact/hooks";
import { open } from "./upload";

export function OpenFile({ kind }: { kind: "plain" | "primary" }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={kind}
        title="Spans as JSON; a file can also be dropped on the page"
        onClick={() => field.current?.click()}
      >
        Open file
      </button>
      <input
        ref={field}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label="File of spans"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) void open(file);
          // the same file, mended, can be chosen again
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
