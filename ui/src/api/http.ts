/** The one way to the server: a question that ends in a value or in a failure with a name, never in an exception. */

export type Failure =
  /** Nothing answered: the server is gone, or the network is. */
  | { readonly kind: "gone" }
  | { readonly kind: "notFound" }
  /** The server said no; `message` is its own sentence. */
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  /** What came is not what was asked for. */
  | { readonly kind: "garbled"; readonly message: string };

export type Answer<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly tookMs: number;
      /** Asks for what comes after it; null at the end, and where the server does not say. */
      readonly cursor: string | null;
    }
  | { readonly ok: false; readonly failure: Failure };

const LONGEST_MESSAGE = 400;

/**
 * Null when `signal` was aborted: nobody waits for the answer any more. `path` is relative to the pages' base;
 * `read` are statuses that come with a value besides those of success.
 */
export const get = <T>(
  path: string,
  check: (value: unknown) => T,
  signal: AbortSignal,
  read: readonly number[] = [],
): Promise<Answer<T> | null> => ask(path, {}, asJson(check), signal, read);

/** As `get`, for questions that are too long for an address. */
export const post = <T>(
  path: string,
  body: object,
  check: (value: unknown) => T,
  signal: AbortSignal,
): Promise<Answer<T> | null> => ask(path, posted(body), asJson(check), signal, []);

/** As `post`, where what is answered does not matter; `address` may be that of another server. */
export const send = (address: string, body: object, signal: AbortSignal): Promise<Answer<null> | null> =>
  ask(address, posted(body), () => Promise.resolve(null), signal, []);

const posted = (body: object) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

const asJson =
  <T>(check: (value: unknown) => T) =>
  async (response: Response): Promise<T> =>
    check(await response.json());

async function ask<T>(
  path: string,
  how: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> },
  take: (response: Response) => Promise<T>,
  signal: AbortSignal,
  read: readonly number[],
): Promise<Answer<T> | null> {
  const began = performance.now();
  try {
    const headers = { accept: "application/json", ...how.headers };
    const response = await fetch(new URL(path, document.baseURI), { ...how, signal, headers });
    if (!response.ok && !read.includes(response.status)) return { ok: false, failure: await refusal(response) };
    const value = await take(response);
    return { ok: true, value, tookMs: performance.now() - began, cursor: response.headers.get("clew-next-cursor") };
  } catch (error) {
    if (signal.aborted) return null;
    const garbled = error instanceof SyntaxError || error instanceof UnexpectedShape;
    return { ok: false, failure: garbled ? { kind: "garbled", message: error.message } : { kind: "gone" } };
  }
}

/** Raised by a check when the answer has another shape than the contract says. */
export class UnexpectedShape extends Error {}

export function listOf<T>(value: unknown, has: (item: object) => boolean, what: string): T[] {
  if (!Array.isArray(value)) throw new UnexpectedShape(`a list of ${what} was expected`);
  if (!value.every((item) => typeof item === "object" && item !== null && has(item)))
    throw new UnexpectedShape(`not every item is ${what}`);
  return value as T[];
}

async function refusal(response: Response): Promise<Failure> {
  if (response.status === 404) return { kind: "notFound" };
  const text = (await response.text().catch(() => "")).trim();
  const plain = text.startsWith("<") ? "" : text.slice(0, LONGEST_MESSAGE);
  return { kind: "refused", status: response.status, message: plain || response.statusText };
}
