import { describe, expect, test } from "vitest";
import { type Tree, rowsOf, targetsOf, verdict } from "./delegation";
import type { Dentry } from "./mesh";

const line = (prefix: string, dst: string): Dentry => ({ prefix, dst });
const SVC = line("/svc", "/host");
const HOST = line("/host", "/srv");
const SRV = line("/srv", "/#/io.l5d.fs");

const leaf = (name: string, dentry?: Dentry): Tree => ({
  type: "leaf",
  path: `/#/io.l5d.fs/${name}`,
  ...(dentry ? { dentry } : {}),
  bound: { id: `/#/io.l5d.fs/${name}`, addr: { type: "bound", addrs: [{ ip: "10.0.0.1", port: 80 }] } },
});
const ending = (addr: Extract<Tree, { type: "leaf" }>["bound"]["addr"]): Tree => ({
  type: "leaf",
  path: "/a",
  bound: { id: "/a", addr },
});
const neg = (path: string, dentry?: Dentry): Tree => ({ type: "neg", path, ...(dentry ? { dentry } : {}) });
const to = (path: string, delegate: Tree, dentry?: Dentry): Tree => ({
  type: "delegate",
  path,
  ...(dentry ? { dentry } : {}),
  delegate,
});
const alt = (path: string, ...trees: Tree[]): Tree => ({ type: "alt", path, alt: trees });
const union = (path: string, ...branches: (readonly [number, Tree])[]): Tree => ({
  type: "union",
  path,
  union: branches.map(([weight, tree]) => ({ weight, tree })),
});

const drawn = (tree: Tree): string[] =>
  rowsOf(tree).map(
    ({ depth, path, because, outcome, way, end }) =>
      `${"  ".repeat(depth)}${path} | ${because} | ${outcome} | ${way}${end ? ", end" : ""}`,
  );

describe("the steps of a name", () => {
  test("stand below each other, each with its line", () => {
    expect(drawn(to("/svc/a", to("/host/a", leaf("a", SRV), SVC)))).toEqual([
      "/svc/a | asked for |  | taken",
      "  /host/a | /svc ⇒ /host |  | taken",
      "    /#/io.l5d.fs/a | /srv ⇒ /#/io.l5d.fs | bound: 10.0.0.1:80 | taken, end",
    ]);
  });

  test("the first choice that leads somewhere is taken; those before were tried, those after are not needed", () => {
    expect(drawn(alt("/svc/a", neg("/#/io.l5d.fs/x", SVC), leaf("a", HOST), leaf("b"), neg("/y")))).toEqual([
      "/svc/a | asked for | 4 choices, the first that leads somewhere | taken",
      "  /#/io.l5d.fs/x | /svc ⇒ /host | unknown to io.l5d.fs | tried",
      "  /#/io.l5d.fs/a | /host ⇒ /srv | bound: 10.0.0.1:80 | taken, end",
      "  /#/io.l5d.fs/b |  | not needed; would be 10.0.0.1:80 | spare",
      "  /y |  | not needed; no line leads on from here | spare",
    ]);
  });

  test("weights are shares of what leads somewhere", () => {
    expect(drawn(union("/svc/a", [0.9, leaf("a")], [0.3, leaf("b")], [0.8, neg("/$/nothing")]))).toEqual([
      "/svc/a | asked for | split by weight | taken",
      "  /#/io.l5d.fs/a | 75\u00a0% of requests | bound: 10.0.0.1:80 | taken, end",
      "  /#/io.l5d.fs/b | 25\u00a0% of requests | bound: 10.0.0.1:80 | taken, end",
      "  /$/nothing | 0\u00a0% of requests | no such built-in name | tried",
    ]);
  });

  test("a transformer shows what it made of what was known", () => {
    const known = { id: "/#/io.l5d.fs/a", addr: { type: "bound", addrs: [{ ip: "::1", port: 80 }] } } as const;
    const tree: Tree = {
      type: "transformation",
      path: "/#/io.l5d.fs/a",
      name: "PortTransformer",
      bound: known,
      tree: leaf("a", SRV),
    };
    expect(drawn(to("/srv/a", tree))).toEqual([
      "/srv/a | asked for |  | taken",
      "  /#/io.l5d.fs/a | /srv ⇒ /#/io.l5d.fs | known: [::1]:80 | taken",
      "    /#/io.l5d.fs/a | transformer port | bound: 10.0.0.1:80 | taken, end",
    ]);
  });

  test.each([
    [neg("~"), "nothing, as ~ says"],
    [{ type: "fail", path: "!" }, "refused by !"],
    [{ type: "empty", path: "/a" }, "empty on purpose ($)"],
    [{ type: "exception", path: "/a", message: "waiting for /#/x" }, "waiting for /#/x"],
    [ending({ type: "pending" }), "waiting for the namer"],
    [ending({ type: "neg" }), "known, without endpoints"],
    [ending({ type: "failed", cause: "gone" }), "gone"],
  ] satisfies [Tree, string][])("its end %# in words", (tree, words) => {
    expect(rowsOf(tree).at(-1)?.outcome).toBe(words);
  });

  test("many endpoints are counted", () => {
    const addrs = [1, 2, 3, 4, 5].map((port) => ({ ip: "h", port }));
    const [row] = rowsOf(ending({ type: "bound", addrs }));
    expect(row?.outcome).toBe("bound: h:1, h:2, h:3 and 2 more");
  });
});

describe("the answer", () => {
  const tree = to("/svc/a", leaf("a"));
  test.each([
    [tree, null, "/svc/a goes to a."],
    [tree, to("/svc/a", leaf("a")), "/svc/a goes to a."],
    [tree, to("/svc/a", leaf("b")), "/svc/a goes to a instead of b."],
    [neg("/svc/a"), leaf("b"), "/svc/a: no line leads anywhere instead of b."],
    [alt("/svc/a", neg("~"), { type: "fail", path: "!" }), null, "/svc/a is refused by a line with !."],
    [{ type: "empty", path: "/svc/a" }, null, "/svc/a is empty on purpose ($)."],
    [{ type: "exception", path: "/svc/a", message: "no such disco" }, null, "/svc/a cannot be bound: no such disco"],
    [union("/svc/a", [3, leaf("a")], [1, leaf("b")]), null, "/svc/a goes to a (75\u00a0%), b (25\u00a0%)."],
  ] satisfies [Tree, Tree | null, string][])("%#", (asked, base, words) => {
    expect(verdict("/svc/a", asked, base)).toBe(words);
  });

  test("branches that end at the same client are one", () => {
    expect(targetsOf(union("/a", [1, leaf("x")], [2, leaf("y")], [1, leaf("x")]))).toEqual([
      { id: "/#/io.l5d.fs/x", alias: "x", share: 0.5 },
      { id: "/#/io.l5d.fs/y", alias: "y", share: 0.5 },
    ]);
  });
});
