/** How the trace server is, from the paths that stand beside its pages. */
import { type Intake, readIntake } from "../model/ingest";
import { type Answer, UnexpectedShape, get } from "./http";

/** A server that is not well says so with 503, and still counts. */
export const getIntake = (at: number, signal: AbortSignal): Promise<Answer<Intake> | null> =>
  get(
    "../health",
    (value) => {
      const intake = readIntake(value, at);
      if (!intake) throw new UnexpectedShape("the health of a collector was expected");
      return intake;
    },
    signal,
    [503],
  );
