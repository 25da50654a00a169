/** What the collector took in, and where it is now: nothing is lost in silence. */
import { count } from "./numbers";

export interface Intake {
  /** Epoch milliseconds at which the server was asked. */
  readonly at: number;
  readonly accepted: number;
  readonly stored: number;
  readonly waiting: number;
  /** Spans by reason, the most first. */
  readonly dropped: readonly (readonly [string, number])[];
  /** Why the collector does not store what it accepts; empty when it does. */
  readonly trouble: string;
}

/** Left out by the sample rate: chosen, not lost. */
const CHOSEN = "sampled out";

/** `Collector{}` of the server's health; null when the document has none, as that of another server. */
export function readIntake(health: unknown, at: number): Intake | null {
  const details = recordAt(health, "zipkin", "details", "Collector{}", "details");
  if (!details) return null;
  return {
    at,
    accepted: number(details["accepted"]),
    stored: number(details["stored"]),
    waiting: number(details["waiting"]),
    dropped: Object.entries(recordAt(details, "dropped") ?? {})
      .map(([reason, spans]) => [reason, number(spans)] as const)
      .filter(([, spans]) => spans > 0)
      .toSorted((a, b) => b[1] - a[1]),
    trouble: typeof details["error"] === "string" ? details["error"] : "",
  };
}

/** Spans dropped though the sample rate would have kept them. */
export const lost = ({ dropped }: Intake): number => sum(dropped.filter(([reason]) => reason !== CHOSEN));

export const droppedInAll = ({ dropped }: Intake): number => sum(dropped);

/** Accepted spans of which the server cannot say where they are; 0 unless it miscounts. */
export const unaccounted = (intake: Intake): number =>
  intake.accepted - intake.stored - intake.waiting - droppedInAll(intake);

/** Spans a second between two readings; null when they tell nothing, as after a restart. */
export function spansPerSecond(before: Intake | null, now: Intake): number | null {
  const seconds = before ? (now.at - before.at) / 1000 : 0;
  const spans = before ? now.accepted - before.accepted : 0;
  return seconds > 0 && spans >= 0 ? spans / seconds : null;
}

/** `1 204/s`, `9.1/s`, `4/min`: two figures where there are few. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0/s";
  if (perSecond >= 9.95) return `${count(Math.round(perSecond))}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  return `${Math.max(1, Math.round(perSecond * 60))}/min`;
}

const sum = (dropped: Intake["dropped"]): number => dropped.reduce((all, [, spans]) => all + spans, 0);

const number = (value: unknown): number => (typeof value === "number" ? value : 0);

function recordAt(value: unknown, ...keys: readonly string[]): Record<string, unknown> | null {
  let at: unknown = value;
  for (const key of keys) at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  return typeof at === "object" && at !== null ? (at as Record<string, unknown>) : null;
}
