/** What the mesh says of a name, asked as it is typed. */
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../api/http";
import { delegate } from "../../api/mesh";
import type { Tree } from "../../model/delegation";
import { joined } from "../../model/dtab";
import type { Dentry, Router } from "../../model/mesh";

/** After the last key, before the mesh is asked. */
const SETTLE_MS = 150;

/** No name is there yet, only what all of them begin with. */
export const isBlank = (name: string, router: Router | null): boolean => {
  const text = name.trim();
  return text === "" || text === "/" || (router !== null && text === `${router.prefix}/`);
};

interface Found {
  readonly name: string;
  readonly tree: Tree;
  /** Without the override; null when there is none. */
  readonly base: Tree | null;
}

/** Asks when typing settles; what was found stays while it waits, and beside a mistake. */
export function useDelegation(router: Router | null, name: string, override: string) {
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [waiting, setWaiting] = useState(false);
  const base: readonly Dentry[] = router?.dtab ?? [];
  useEffect(() => {
    if (!router || isBlank(name, router)) {
      setFound(null);
      setFailure(null);
      return undefined;
    }
    const control = new AbortController();
    setWaiting(true);
    const ask = async () => {
      const whole = (dtab: string) => delegate(router.label, name.trim(), joined(base, dtab), control.signal);
      const [tree, plain] = await Promise.all([whole(override), override.trim() ? whole("") : null]);
      if (!tree) return;
      setWaiting(false);
      setFailure(tree.ok ? null : tree.failure);
      if (tree.ok) setFound({ name: name.trim(), tree: tree.value, base: plain?.ok ? plain.value : null });
    };
    const timer = setTimeout(() => void ask(), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
      setWaiting(false);
    };
  }, [router?.label, name, override, joined(base, "")]);
  return { found, failure, waiting };
}
