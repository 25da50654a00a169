import { expect, test } from "vitest";
import type { Row } from "./delegation";
import { joined, readLines, usesOf } from "./dtab";
import type { Dentry } from "./mesh";

const line = (prefix: string, dst: string): Dentry => ({ prefix, dst });
const SVC = line("/svc", "/host");
const HOST = line("/host", "/srv");

const row = (way: Row["way"], dentry: Dentry | null): Row => ({
  depth: 0,
  parent: -1,
  path: "/a",
  because: "",
  outcome: "",
  way,
  end: false,
  dentry,
});

test("each line tells what it did: the best of it, once", () => {
  const rows = [
    row("taken", null),
    row("tried", SVC),
    row("taken", HOST),
    row("taken", line("/srv", "/#/x")),
    row("taken", HOST),
    row("spare", line("/late", "/b")),
    row("spare", HOST),
  ];
  expect(Object.fromEntries([...usesOf(rows)].map(([key, { words }]) => [key, words]))).toEqual({
    "/host=>/srv": "step 1",
    "/srv=>/#/x": "step 2",
    "/svc=>/host": "leads nowhere",
    "/late=>/b": "not needed",
  });
});

test("lines are the same however they are written", () => {
  const [typed] = readLines("/a => 0.9 * /b & .1*/c");
  const shown = line("/a", "0.90*/b & 0.10*/c");
  expect(typed && usesOf([row("taken", typed), row("taken", shown)]).size).toBe(1);
});

test.each([
  ["", []],
  ["/a => /b ; /c=>/d|/e", [line("/a", "/b"), line("/c", "/d|/e")]],
  ["# all\n/a => /#/x ; # why => not\n/b", [line("/a", "/#/x")]],
])("the lines of %j", (text, lines) => {
  expect(readLines(text)).toEqual(lines);
});

test("an override stands behind the base, so that it wins", () => {
  expect(joined([SVC, HOST], " /x => /y ; ")).toBe("/svc => /host ;\n/host => /srv ;\n/x => /y ;");
  expect(joined([], "")).toBe("");
});
