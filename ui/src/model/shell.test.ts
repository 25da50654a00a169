import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { curl, quoted } from "./shell";

test.each([
  "plain",
  "two words",
  "it's",
  "''",
  '$(id) `id` $HOME \\ " ! * ? ~ # & ; | < > ( ) { } [ ]',
  "line\nbreak\ttab",
  "-x",
  "é 名 \u202e",
  "",
])("a shell reads %j as it was", (word) => {
  const read = execFileSync("sh", ["-c", `printf %s ${quoted(word)}`], { encoding: "utf8" });
  expect(read).toBe(word);
});

test.each([
  [{ method: "GET", url: "http://hello/a", headers: [] }, "curl http://hello/a"],
  [{ method: "HEAD", url: "http://hello/?a=b&c", headers: [] }, "curl -I 'http://hello/?a=b&c'"],
  [
    { method: "POST", url: "http://hello/", headers: [["x-a", "it's"]], body: "a=b" },
    `curl -X POST -H 'x-a: it'\\''s' -H content-type: --data-raw a=b http://hello/`,
  ],
  [
    { method: "GET", url: "http://[::1]/", headers: [["x-a", ""]], proxy: "127.0.0.1:4140" },
    "curl -g -x 127.0.0.1:4140 -H 'x-a;' 'http://[::1]/'",
  ],
] as const)("%j is %s", (request, command) => {
  expect(curl(request)).toBe(command);
});
