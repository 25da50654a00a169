import { expect, test } from "vitest";
import { concernsOf } from "./concerns";
import { type AskedName, type Mesh, type Names, age, readName, tracePage } from "./mesh";
import { namesOfRouter, rowsOfName } from "./meshRows";
import { readTraffic } from "./traffic";

const asked = (name: string, more: Partial<AskedName> = {}): AskedName => ({
  name,
  state: "known",
  age_seconds: 1,
  endpoints: [],
  why: "",
  advice: [],
  ...more,
});
const QUIET: Names = { version: "v", epoch: 1, gated: false, names: [], refused: [], rejected: [] };
const MESH: Mesh = {
  version: "1",
  envoy: "2",
  started: 0,
  configured: 0,
  refused: [],
  collectors: [],
  routers: [{ label: "out", protocol: "http", prefix: "/svc", servers: [], interpreter: "default", dtab: [] }],
};

test.each([
  ["out/svc/a", { router: "out", path: "/svc/a", dtab: "" }],
  ["out/side/svc/a", { router: "out/side", path: "/svc/a", dtab: "" }],
  ["out/svc/a;dtab=/x=>/y", { router: "out", path: "/svc/a", dtab: "/x=>/y" }],
  ["gone/svc/a", { router: "gone", path: "/svc/a", dtab: "" }],
])("the name %s", (name, parts) => {
  expect(readName(name, ["out", "out/side"])).toEqual(parts);
});

test.each([
  ["localhost", "http://mesh.example:9411/zipkin/traces/1f"],
  ["127.0.0.2", "http://mesh.example:9411/zipkin/traces/1f"],
  ["zipkin", "http://zipkin:9411/zipkin/traces/1f"],
  ["fe80::1", "http://[fe80::1]:9411/zipkin/traces/1f"],
])("a trace of the collector %s", (host, address) => {
  expect(tracePage({ host, port: 9411 }, "1f", "mesh.example")).toBe(address);
});

test.each([
  [0.4, "0\u00a0s"],
  [61, "1\u00a0min"],
  [7300, "2\u00a0h"],
  [600_000, "6\u00a0d"],
])("an age of %d s", (seconds, text) => {
  expect(age(seconds)).toBe(text);
});

const told = (mesh: Mesh, names: Names | null, flat: Record<string, number> = {}) =>
  concernsOf(mesh, names, readTraffic(flat, ["out"], 0).routers).map(({ what, about, why }) => [what, about, ...why]);

test("a quiet mesh needs no look, nor does one whose names are not shown", () => {
  expect(told(MESH, QUIET)).toEqual([]);
  expect(told(MESH, null)).toEqual([]);
});

test("what needs a look comes with its reason, the worst first", () => {
  const mesh = { ...MESH, refused: [{ file: "/etc/linkerd.yaml", why: "/etc/linkerd.yaml:3: no\n", since: 0 }] };
  const names: Names = {
    ...QUIET,
    gated: true,
    refused: ["out/svc/z"],
    rejected: [{ type: "Cluster", name: "c", error: "odd" }],
    names: [asked("out/svc/a", { state: "unknown", why: "/#/a: does not exist" })],
  };
  const client = "rt/out/client/#/a/loadbalancer";
  expect(told(mesh, names, { [`${client}/size`]: 3, [`${client}/available`]: 2 })).toEqual([
    ["Not accepted by Envoy", "Cluster c", "odd"],
    ["Edit refused", "linkerd.yaml", "/etc/linkerd.yaml:3: no", "What was in use before stays."],
    ["Too many names", "", "Only names that are known already are let through."],
    ["1 name over the limits", "", "out/svc/z"],
    ["Unbound", "/svc/a", "out: /#/a: does not exist"],
    ["Set aside", "/#/a", "out: 1 of 3 endpoints gets no requests."],
  ]);
});

test("a name that is unbound with and without an override is told once", () => {
  const unknown = ["out/svc/a;dtab=/x=>/y", "out/svc/a", "out/svc/b;dtab=/x=>/y"];
  const names = unknown.map((name) => asked(name, { state: "unknown" }));
  expect(told(MESH, { ...QUIET, names }).map(([, about]) => about)).toEqual(["/svc/a", "/svc/b"]);
});

test("many unbound names are a number", () => {
  const names = Array.from({ length: 8 }, (_, i) => asked(`out/svc/${i}`, { state: "unknown" }));
  const all = told(MESH, { ...QUIET, names });
  expect(all).toHaveLength(6);
  expect(all.at(-1)?.[0]).toBe("3 more names are unbound");
});

const CLIENT = "/%/io.l5d.port/4141/#/io.l5d.fs/a";
const endpoint = (address: string, client = CLIENT) => ({ address, client, weight: 1 });

test("the names of a router are those that were asked for and those that were counted", () => {
  const traffic = readTraffic({ "rt/out/service/svc/b/requests": 1 }, ["out"], 0).routers.get("out");
  const names = [asked("out/svc/a"), asked("in/svc/c"), asked("out/svc/a;dtab=/x=>/y")];
  expect([...namesOfRouter("out", ["out", "in"], traffic, names).keys()]).toEqual(["/svc/b", "/svc/a"]);
});

test("a name unfolds to where it goes and to the endpoints", () => {
  const rows = rowsOfName(
    "/svc/a",
    asked("out/svc/a", { endpoints: [endpoint("h:1"), endpoint("h:2")] }),
    undefined,
    true,
  );
  expect(rows.map(({ level, text, chips, state }) => [level, text, ...chips, state])).toEqual([
    [1, "/svc/a", "2 endpoints"],
    [2, "a", "port 4141", "fs", "2 endpoints"],
    [3, "h:1", ""],
    [3, "h:2", ""],
  ]);
});

test.each([
  ["unbound", asked("n", { state: "unknown" })],
  ["waiting for the namer", asked("n", { state: "pending" })],
  ["no endpoints", asked("n")],
  ["1 endpoint", asked("n", { endpoints: [endpoint("h:1")] })],
  ["split, 2 endpoints", asked("n", { endpoints: [endpoint("h:1"), endpoint("h:2", "/#/b")] })],
  ["not asked for lately", null],
])("the state %s", (state, name) => {
  expect(rowsOfName("/svc/a", name, undefined, false)).toMatchObject([{ state }]);
});

test("endpoints that are set aside are told", () => {
  const flat = {
    "rt/out/client/%/io.l5d.port/4141/#/io.l5d.fs/a/loadbalancer/size": 2,
    "rt/out/client/%/io.l5d.port/4141/#/io.l5d.fs/a/loadbalancer/available": 1,
  };
  const traffic = readTraffic(flat, ["out"], 0).routers.get("out");
  const name = asked("n", { endpoints: [endpoint("h:1"), endpoint("h:2")] });
  expect(rowsOfName("/svc/a", name, traffic, false)).toMatchObject([{ state: "1 of 2 endpoints", tone: "late" }]);
});
