/** A part whose code is read when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Fault, Progress } from "../widgets/states";

export function Later<P extends object>({ load, props }: { load: () => Promise<ComponentType<P>>; props: P }) {
  const [Part, setPart] = useState<ComponentType<P> | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (part) => setPart(() => part),
      () => setFailed(true),
    );
  }, [load]);
  if (Part) return <Part {...props} />;
  return failed ? (
    <Fault what="This page could not be read." remedy="Reload it: the server may be a newer one, or gone." />
  ) : (
    <Progress on />
  );
}
