/** clew's own API. */
import type { KnownService } from "../model/services";
import { type Answer, get, listOf } from "./http";
import { getServiceNames } from "./zipkin";

/** Every service with its alias and mark. A server without this list still gives the names. */
export async function getServices(signal: AbortSignal): Promise<Answer<KnownService[]> | null> {
  const answer = await get(
    "api/clew/services",
    (value) => listOf<KnownService>(value, (item) => "name" in item, "services"),
    signal,
  );
  if (answer === null || answer.ok || answer.failure.kind !== "notFound") return answer;
  const names = await getServiceNames(signal);
  return names?.ok ? { ...names, value: names.value.map((name) => ({ name })) } : names;
}
