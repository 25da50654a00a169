/** One tab stop for a list: arrows move inside it. */
import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";

export interface Rows<E extends HTMLElement> {
  /** Goes to the element that holds the rows. */
  readonly body: RefObject<E | null>;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** For the element of a row that takes the focus. */
  readonly row: (index: number) => {
    readonly tabIndex: number;
    readonly "data-row": string;
    readonly onFocus: () => void;
  };
}

/** For `count` rows; `other` gets the keys that do not move, and the row that has the focus. */
export function useRows<E extends HTMLElement>(
  count: number,
  other?: (key: string, index: number) => boolean,
): Rows<E> {
  const body = useRef<E>(null);
  const [chosen, setStop] = useState(0);
  const stop = Math.max(0, Math.min(count - 1, chosen));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowDown: stop + 1, j: stop + 1, ArrowUp: stop - 1, k: stop - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) {
      if (other?.(event.key, stop)) event.preventDefault();
      return;
    }
    event.preventDefault();
    const index = Math.max(0, Math.min(count - 1, to));
    setStop(index);
    body.current?.querySelectorAll<HTMLElement>("[data-row]")[index]?.focus();
  };
  return {
    body,
    onKeyDown,
    row: (index) => ({ tabIndex: index === stop ? 0 : -1, "data-row": "", onFocus: () => setStop(index) }),
  };
}
