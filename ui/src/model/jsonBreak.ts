/** Where a text stops being JSON. Browsers say it each in its own words, and not all of them say where. */

export interface Break {
  /** UTF-8 bytes before what was read. */
  readonly byte: number;
  /** The character there; null at the end of the text. */
  readonly read: string | null;
  /** In words that follow “was read, ”. */
  readonly expected: string;
}

type State = "value" | "firstValue" | "name" | "firstName" | "colon" | "after" | "end";

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /([[\]{}:,])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true|false|null/y;

/** Null for a text that is JSON. */
export function jsonBreak(text: string): Break | null {
  /** The brackets that close what is open. */
  const open: ("]" | "}")[] = [];
  let state: State = "value";
  let at = 0;
  for (;;) {
    at += match(SPACE, text, at)?.[0].length ?? 0;
    if (at === text.length && state === "end") return null;
    const token = match(TOKEN, text, at);
    const next: State | null = token && follow(state, token, open);
    if (!token || !next)
      return { byte: bytes(text, at), read: text.slice(at)[0] ?? null, expected: words(state, open) };
    state = next;
    at += token[0].length;
  }
}

/** What may come after a token, and null where that token may not come; `open` is kept up. */
function follow(state: State, [text, mark, name]: RegExpExecArray, open: ("]" | "}")[]): State | null {
  const done = (): State => (open.length > 0 ? "after" : "end");
  const close = (): State => {
    open.pop();
    return done();
  };
  const closes = mark !== undefined && mark === open.at(-1);
  switch (state) {
    case "value":
    case "firstValue":
      if (text === "[" || text === "{") {
        open.push(text === "[" ? "]" : "}");
        return text === "[" ? "firstValue" : "firstName";
      }
      if (closes && state === "firstValue") return close();
      return mark === undefined ? done() : null;
    case "name":
    case "firstName":
      if (closes && state === "firstName") return close();
      return name === undefined ? null : "colon";
    case "colon":
      return mark === ":" ? "value" : null;
    case "after":
      if (closes) return close();
      return mark !== "," ? null : open.at(-1) === "}" ? "name" : "value";
    case "end":
      return null;
    default:
      return state satisfies never;
  }
}

function words(state: State, open: readonly string[]): string {
  switch (state) {
    case "value":
      return "a value was expected";
    case "firstValue":
      return "a value or “]” was expected";
    case "name":
      return "a name in quotes was expected";
    case "firstName":
      return "a name in quotes or “}” was expected";
    case "colon":
      return "“:” was expected";
    case "after":
      return `“,” or “${open.at(-1)}” was expected`;
    case "end":
      return "nothing more was expected";
    default:
      return state satisfies never;
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const bytes = (text: string, at: number): number => new TextEncoder().encode(text.slice(0, at)).length;
