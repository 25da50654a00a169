/** Asks again and again while somebody looks. */
import { useEffect, useRef } from "preact/hooks";

/** Calls `ask` at once and then `ms` after each end; not while the page is hidden, nor with `on` false. */
export function usePolling(ask: (signal: AbortSignal) => Promise<void>, ms: number, on = true): void {
  const newest = useRef(ask);
  newest.current = ask;
  useEffect(() => {
    if (!on) return undefined;
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      if (!document.hidden) await newest.current(control.signal);
      if (!control.signal.aborted) timer = setTimeout(() => void round(), ms);
    };
    void round();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [ms, on]);
}
