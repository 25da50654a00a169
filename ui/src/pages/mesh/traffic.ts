/** The course of a mesh's numbers, for as long as a page looks. */
import { useState } from "preact/hooks";
import { getMetrics } from "../../api/mesh";
import { type History, appended, readTraffic } from "../../model/traffic";
import { type Polled, usePolled } from "./polled";

/** `labels` are those of the routers; nothing is asked while they are not known. */
export function useTraffic(
  labels: readonly string[],
  on: boolean,
): { readonly history: History; readonly metrics: Polled<unknown> } {
  const [history, setHistory] = useState<History>([]);
  const metrics = usePolled(
    async (signal) => {
      const answer = await getMetrics(signal);
      if (answer?.ok) {
        const reading = readTraffic(answer.value, labels, performance.now());
        setHistory((before) => appended(before, reading));
      }
      return answer;
    },
    on && labels.length > 0,
  );
  return { history, metrics };
}
