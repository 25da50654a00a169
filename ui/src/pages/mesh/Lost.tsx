/** The mesh does not answer, or not as it should. */
import { clock } from "../../model/clock";
import { micros } from "../../model/span";
import { zone } from "../../widgets/settings";
import { Fault } from "../../widgets/states";
import { wordsFor } from "../failures";
import type { Polled } from "./polled";

/** Says so above what is still shown, or in its place. */
export function Lost({ polled: { value, failure, since } }: { polled: Polled<unknown> }) {
  if (!failure) return null;
  const moment = micros(since * 1000);
  const at = clock(moment, moment, zone.value).slice(0, 8);
  if (failure.kind === "notFound")
    return <Fault what="This is not served here." remedy="admin.security in the linker file says what is." />;
  if (failure.kind !== "gone") return <Fault {...wordsFor(failure)} />;
  return value === null ? (
    <Fault
      what={`No mesh answers at ${location.host}.`}
      remedy="Start it with “clew mesh linkerd.yaml”. It is asked again every two seconds."
    />
  ) : (
    <Fault
      what={`No answer from the mesh since ${at}.`}
      remedy="What it said last is shown; it is asked again every two seconds."
    />
  );
}
