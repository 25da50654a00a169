import { expect, test } from "vitest";
import type { Router } from "./mesh";
import { type Draft, addressFor, asCurl, readDraft, readHeaders } from "./sending";

const DRAFT: Draft = { method: "GET", address: "http://hello/", headers: "", body: "" };
const ROUTER: Router = {
  label: "out",
  protocol: "http",
  prefix: "/svc",
  servers: ["0.0.0.0/4140"],
  interpreter: "default",
  dtab: [],
};

test.each([
  ["http://hello/", "hello", "/"],
  ["HTTP://hello:80", "hello:80", "/"],
  ["hello/a/b?c=d#e", "hello", "/a/b?c=d"],
  ["hello?c", "hello", "/?c"],
  [" hello ", "hello", "/"],
  ["http://[::1]:80/a", "[::1]:80", "/a"],
])("%j goes to %s and %s", (address, host, path) => {
  expect(readDraft({ ...DRAFT, address }, "out", "")).toMatchObject({ host, path });
});

test("headers are lines, and a body goes with POST alone", () => {
  const draft = { ...DRAFT, headers: "x-a: b: c\n\n x-d :\n", body: "text" };
  expect(readDraft(draft, "out", " /a=>/b ")).toEqual({
    router: "out",
    method: "GET",
    host: "hello",
    path: "/",
    headers: [
      ["x-a", "b: c"],
      ["x-d", ""],
    ],
    dtab: "/a=>/b",
    body: "",
  });
  expect(readDraft({ ...draft, method: "POST" }, "out", "")).toMatchObject({ body: "text" });
});

test.each([
  [{ address: "" }, "Write where the request goes, such as http://hello/."],
  [{ address: "http:///a" }, "Write where the request goes, such as http://hello/."],
  [{ address: "https://hello" }, "Routers are asked by http: they speak TLS to the service where their file says so."],
  [{ headers: "x-a: b\nnonsense" }, "“nonsense” is no header: write its name, a colon and its value."],
  [{ headers: ": b" }, "“: b” is no header: write its name, a colon and its value."],
])("%j is refused", (wrong, why) => {
  expect(readDraft({ ...DRAFT, ...wrong }, "out", "")).toBe(why);
});

test.each([
  ["/svc/hello", "http://hello/"],
  ["/svc/a/b/", "http://b/"],
  ["", ""],
])("the name %s is asked at %s", (name, address) => {
  expect(addressFor(name)).toBe(address);
});

test.each([
  [ROUTER, "curl -x 127.0.0.1:4140 -H 'l5d-dtab: /a => /b ; /c => /d' 'http://hello/?a=b c'"],
  [
    { ...ROUTER, servers: ["fd00::1/4140"] },
    "curl -x '[fd00::1]:4140' -H 'l5d-dtab: /a => /b ; /c => /d' 'http://hello/?a=b c'",
  ],
])("a request is a command too", (router, command) => {
  const sent = readDraft({ ...DRAFT, address: "hello/?a=b c" }, "out", "/a => /b ;\n/c => /d");
  expect(typeof sent === "string" ? sent : asCurl(sent, router)).toBe(command);
});

test("headers of the mesh stand apart, each name once", () => {
  const headers = [
    ["server", "a"],
    ["l5d-err", "b"],
    ["server", "c"],
    ["date", "d"],
  ] as const;
  expect(readHeaders(headers)).toEqual({
    mesh: [["l5d-err", "b"]],
    rest: [
      ["server", "a\nc"],
      ["date", "d"],
    ],
  });
});
