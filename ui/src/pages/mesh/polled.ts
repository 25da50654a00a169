/** What a mesh says, asked again and again; what it said last stays while it does not answer. */
import { useState } from "preact/hooks";
import type { Answer, Failure } from "../../api/http";
import { usePolling } from "../../widgets/poll";

export const EVERY_MS = 2000;

export interface Polled<T> {
  /** Null until the first answer. */
  readonly value: T | null;
  /** When that came, epoch milliseconds. */
  readonly at: number;
  /** Why the last question has no answer; null when it has. */
  readonly failure: Failure | null;
  /** Since when there is none, epoch milliseconds. */
  readonly since: number;
}

export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<Answer<T> | null>,
  on = true,
  everyMs = EVERY_MS,
): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: null, at: 0, failure: null, since: 0 });
  usePolling(
    async (signal) => {
      const answer = await ask(signal);
      if (!answer) return;
      setPolled((before) =>
        answer.ok
          ? { value: answer.value, at: Date.now(), failure: null, since: 0 }
          : { ...before, failure: answer.failure, since: before.failure ? before.since : Date.now() },
      );
    },
    everyMs,
    on,
  );
  return polled;
}
