/** The moment at which a page has drawn its data: what is measured, and what tests wait for. */
import { useEffect, useRef } from "preact/hooks";

const MARK = "clew:ready";

/** Gives a function to call whenever `data` was drawn; it moves the mark at the first time of each. */
export function useReady(data: unknown): () => void {
  const marked = useRef<unknown>(null);
  return () => {
    if (marked.current === data) return;
    marked.current = data;
    requestAnimationFrame(() => {
      performance.clearMarks(MARK);
      performance.mark(MARK);
    });
  };
}

/** For a page that has drawn its data as soon as it is rendered; nothing is drawn while `data` is null. */
export function useDrawn(data: unknown): void {
  const ready = useReady(data);
  useEffect(() => {
    if (data !== null) ready();
  });
}
