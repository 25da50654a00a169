import { expect, test } from "vitest";
import { type Goal, changeWords, goalWords } from "./impact";

const bound = (...targets: readonly [id: string, share?: number, residual?: string][]): Goal => ({
  kind: "bound",
  targets: targets.map(([id, share = 1, residual = "/"]) => ({ id, share, residual })),
});
const V1 = bound(["/%/io.l5d.port/4141/#/io.l5d.fs/world-v1"]);

test.each<[Goal, string, boolean]>([
  [V1, "world-v1", false],
  [bound(["/#/io.l5d.fs/a", 0.75], ["/#/io.l5d.fs/b", 0.25]), "a (75 %), b (25 %)", false],
  [bound(["/#/io.l5d.fs/a", 1, "/rest"]), "a/rest", false],
  [{ kind: "neg" }, "nowhere", true],
  [{ kind: "fail" }, "refused by !", true],
  [{ kind: "empty" }, "empty ($)", true],
  [{ kind: "failed", why: "it is ill" }, "it is ill", true],
  [{ kind: "pending", why: "" }, "waiting for the namer", true],
])("%j is told", (goal, words, lost) => {
  expect({ ...goalWords(goal), words: goalWords(goal).words.replaceAll("\u00a0", " ") }).toEqual({ words, lost });
});

test("a change is told by short names, and by whole ids where those are the same", () => {
  expect(changeWords({ name: "/svc/world", before: V1, after: { kind: "neg" } })).toEqual(["world-v1", "nowhere"]);
  const other = bound(["/#/io.l5d.consul/dc/world-v1"]);
  expect(changeWords({ name: "/svc/world", before: V1, after: other })).toEqual([
    "/%/io.l5d.port/4141/#/io.l5d.fs/world-v1",
    "/#/io.l5d.consul/dc/world-v1",
  ]);
});
