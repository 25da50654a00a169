/** clew's own API. */
import type { KnownService } from "../model/services";
import { type UiConfig, readUiConfig } from "../model/uiConfig";
import { type Answer, get, listOf } from "./http";
import { getServiceNames } from "./zipkin";

/** The settings of the pages. */
export const getUiConfig = (signal: AbortSignal): Promise<Answer<UiConfig> | null> =>
  get("config.json", readUiConfig, signal);

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
