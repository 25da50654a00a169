/** The question as fields. */
import type { RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { getOperations, getRemotes } from "../api/zipkin";
import { LOOKBACKS, type Search, lookbackName } from "../model/search";
import { nameOf } from "../model/names";
import { services } from "./services";

export function AskForm({
  search,
  mistake,
  misread,
  first,
  onRun,
}: {
  search: Search;
  mistake: string | null;
  /** What the server cannot read in the words. */
  misread: string | null;
  first: RefObject<HTMLInputElement | null>;
  onRun: (search: Search) => void;
}) {
  const [draft, setDraft] = useState(search);
  const operations = useNames(getOperations, draft.service);
  const remotes = useNames(getRemotes, draft.service);
  const set = (change: Partial<Search>) => setDraft({ ...draft, ...change });
  const known = LOOKBACKS.some(([ms]) => ms === draft.lookback);
  const serviceOptions = services.value.map(({ name, alias }) => [name, alias ?? nameOf(name).alias] as const);
  return (
    <>
      <form
        class="ask"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          onRun(draft);
        }}
      >
        <TextField
          label="Service"
          value={draft.service}
          onValue={(service) => set({ service })}
          options={serviceOptions}
          field={first}
          placeholder="any"
        />
        <TextField
          label="Operation"
          value={draft.operation}
          onValue={(operation) => set({ operation })}
          options={plain(operations)}
          placeholder="any"
        />
        <TextField
          label="Calls"
          value={draft.remote}
          onValue={(remote) => set({ remote })}
          options={plain(remotes)}
          placeholder="any service"
        />
        <TextField
          label="Tags"
          value={draft.tags}
          onValue={(tags) => set({ tags })}
          placeholder="error and http.method=GET"
        />
        <TextField
          label="At least"
          short
          value={draft.least}
          onValue={(least) => set({ least })}
          placeholder="100ms"
          wrong={mistake !== null && draft.least === search.least && search.least !== ""}
        />
        <TextField
          label="At most"
          short
          value={draft.most}
          onValue={(most) => set({ most })}
          placeholder="1.5s"
          wrong={mistake !== null && draft.most === search.most && search.most !== ""}
        />
        <label class="field last">
          <span>Last</span>
          <select
            value={String(draft.lookback)}
            onChange={(event) => set({ lookback: Number(event.currentTarget.value), until: null })}
          >
            {!known && <option value={String(draft.lookback)}>{lookbackName(draft.lookback)}</option>}
            {LOOKBACKS.map(([ms, words]) => (
              <option key={ms} value={String(ms)}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field short">
          <span>Limit</span>
          <input
            type="number"
            min="1"
            max="1000"
            value={draft.limit}
            onInput={(event) => set({ limit: Number(event.currentTarget.value) || search.limit })}
          />
        </label>
        <div class="words">
          <TextField
            label="Query"
            value={draft.words}
            onValue={(words) => set({ words })}
            placeholder="{service = hello duration > 250ms} NOT error"
            wrong={misread !== null && draft.words === search.words}
          />
        </div>
        <button type="submit" class="primary">
          Search
        </button>
      </form>
      {(mistake ?? misread) && (
        <p class="found sm bad" role="alert">
          {mistake ?? `Query, line and column ${misread}`}
        </p>
      )}
    </>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  placeholder: string;
  onValue: (value: string) => void;
  /** What can be picked: the value, and how it is called. */
  options?: readonly (readonly [string, string])[];
  field?: RefObject<HTMLInputElement | null>;
  wrong?: boolean;
  /** Takes a few characters only. */
  short?: boolean;
}

function TextField({
  label,
  value,
  placeholder,
  onValue,
  options = NONE,
  field,
  wrong = false,
  short = false,
}: TextFieldProps) {
  const list = useId();
  return (
    <>
      <label class={`field${short ? " short" : ""}`}>
        <span>{label}</span>
        <input
          type="text"
          class="mono"
          value={value}
          placeholder={placeholder}
          title={value}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={wrong}
          {...(field ? { ref: field } : {})}
          {...(options.length > 0 ? { list } : {})}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      </label>
      {options.length > 0 && (
        <datalist id={list}>
          {options.map(([option, words]) => (
            <option key={option} value={option}>
              {words === option ? undefined : words}
            </option>
          ))}
        </datalist>
      )}
    </>
  );
}

const NONE: readonly (readonly [string, string])[] = [];

const plain = (names: readonly string[]) => names.map((name) => [name, name] as const);

/** Names that go with a service; none until one is chosen, and none when the server cannot say. */
function useNames(ask: typeof getOperations, service: string): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  const isKnown = services.value.some(({ name }) => name === service.toLowerCase());
  useEffect(() => {
    setNames([]);
    if (!isKnown) return undefined;
    const control = new AbortController();
    void ask(service, control.signal).then((answer) => {
      if (answer?.ok) setNames(answer.value);
    });
    return () => control.abort();
  }, [ask, service, isKnown]);
  return names;
}
