/** The server's list of services, read once and again on demand. */
import { signal } from "@preact/signals";
import { getServices } from "../api/clew";
import type { Failure } from "../api/http";
import type { KnownService } from "../model/services";

export const services = signal<readonly KnownService[]>([]);
/** Why the list is not there; null when it is, or is still on its way. */
export const servicesFailure = signal<Failure | null>(null);
/** The server has answered, whatever it said. */
export const servicesKnown = signal(false);

let reading: AbortController | undefined;

export async function readServices(): Promise<void> {
  reading?.abort();
  reading = new AbortController();
  const answer = await getServices(reading.signal);
  if (!answer) return;
  if (answer.ok) services.value = answer.value;
  servicesFailure.value = answer.ok ? null : answer.failure;
  servicesKnown.value = true;
}
