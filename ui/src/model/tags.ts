/** Tags in the order in which they are read: what failed, what was asked, the rest. */

export type TagGroup = "error" | "http" | "rest";

export interface Tag {
  readonly key: string;
  readonly value: string;
  readonly group: TagGroup;
}

const ORDER: readonly TagGroup[] = ["error", "http", "rest"];
const ERROR = /^(?:error|exception|otel\.status_)/;
const HTTP = /^(?:http|url|net|server|client|user_agent)\./;

/** Inside a group the order stays as it was sent. */
export function inOrder(tags: Readonly<Record<string, string>>): Tag[] {
  const all = Object.entries(tags).map(([key, value]): Tag => ({
    key,
    value,
    group: ERROR.test(key) ? "error" : HTTP.test(key) ? "http" : "rest",
  }));
  return ORDER.flatMap((group) => all.filter((tag) => tag.group === group));
}
