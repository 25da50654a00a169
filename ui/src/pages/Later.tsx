/** A page whose code is read when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Fault, Progress } from "../widgets/states";

export function Later({ load }: { load: () => Promise<ComponentType> }) {
  const [Page, setPage] = useState<ComponentType | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (page) => setPage(() => page),
      () => setFailed(true),
    );
  }, [load]);
  if (Page) return <Page />;
  return failed ? (
    <Fault what="This page could not be read." remedy="Reload it: the server may be a newer one, or gone." />
  ) : (
    <Progress on />
  );
}
