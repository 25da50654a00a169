/** Commands that can be pasted into a POSIX shell. */

/** Nothing in it means anything to a shell, nor to the history of an interactive one; zsh looks up what = begins. */
const PLAIN = /^[\w@+:,./-][\w@+=:,./-]*$/;

/** One word of a command, whatever is in it. */
export const quoted = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export interface Curl {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Empty for none. */
  readonly body?: string;
  /** `127.0.0.1:4140`; absent for none. */
  readonly proxy?: string;
}

/** As one line; GET needs no option, and HEAD is one of its own. */
export function curl({ method, url, headers, body = "", proxy }: Curl): string {
  const typed = headers.some(([name]) => name.toLowerCase() === "content-type");
  const options = [
    // what a shell has set for all commands would otherwise be the proxy
    ...(proxy ? ["-x", proxy] : []),
    ...(method === "HEAD" ? ["-I"] : method === "GET" && !body ? [] : ["-X", method]),
    ...headers.flatMap(([name, value]) => ["-H", value === "" ? `${name};` : `${name}: ${value}`]),
    // else curl says that it is a form
    ...(body && !typed ? ["-H", "content-type:"] : []),
    ...(body ? ["--data-raw", body] : []),
  ];
  // curl reads brackets and braces in addresses as patterns
  const globs = /[[\]{}]/.test(url) ? ["-g"] : [];
  return ["curl", ...globs, ...options, url].map(quoted).join(" ");
}
