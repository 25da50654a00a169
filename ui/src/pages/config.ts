/** What the server told these pages, once it has. */
import { signal } from "@preact/signals";
import { getUiConfig } from "../api/clew";
import { type Search, writeSearch } from "../model/search";
import { AS_BUILT, type UiConfig } from "../model/uiConfig";

/** Null until the server has answered; as built where it did not. */
export const config = signal<UiConfig | null>(null);

export async function readConfig(): Promise<void> {
  const answer = await getUiConfig(new AbortController().signal);
  config.value = answer?.ok ? answer.value : AS_BUILT;
}

/** The address of a search, relative to the base. */
export function searchLink(search: Search): string {
  const query = writeSearch(search, (config.value ?? AS_BUILT).search);
  return query.size > 0 ? `?${query}` : "./";
}
