import { expect, test } from "vitest";
import { type Brief, trace } from "./spans.fixture";
import { curlOf } from "./spanCurl";
import { buildTree } from "./tree";

const command = (tags: Readonly<Record<string, string>>, more: Partial<Brief> = {}): string | null => {
  const [node] = buildTree(
    trace({ id: "a", service: "shop", kind: "SERVER", host: "10.0.0.1", at: 0, took: 1, ...more, tags }),
  ).nodes;
  return node ? curlOf(node) : null;
};

test.each<[Readonly<Record<string, string>>, string | null]>([
  // Linkerd and clew
  [{ "http.method": "GET", "http.uri": "/a?b=c", "http.req.host": "hello" }, "curl 'http://hello/a?b=c'"],
  [
    { "http.method": "POST", "http.uri": "/a", "http.req.host": "hello:80", "http.req.content-type": "text/plain" },
    "curl -X POST -H 'content-type: text/plain' http://hello:80/a",
  ],
  // Zipkin's instrumentations
  [{ "http.url": "https://shop/a" }, "curl https://shop/a"],
  [{ "http.method": "HEAD", "http.path": "/a", "http.host": "shop" }, "curl -I http://shop/a"],
  // OpenTelemetry's, old and new
  [
    {
      "http.method": "GET",
      "http.scheme": "https",
      "http.host": "shop",
      "http.target": "/a?b",
      "http.user_agent": "it's",
    },
    `curl -H 'user-agent: it'\\''s' 'https://shop/a?b'`,
  ],
  [
    {
      "http.request.method": "GET",
      "url.scheme": "http",
      "server.address": "shop",
      "server.port": "8080",
      "url.path": "/a",
      "url.query": "b=$(id)",
    },
    "curl 'http://shop:8080/a?b=$(id)'",
  ],
  // a host that no tag names
  [{ "http.method": "GET", "http.path": "/a" }, "curl http://10.0.0.1/a"],
  [{ "http.method": "GET" }, null],
  [{ "http.path": "/a", "http.host": "shop" }, null],
  [{ "http.method": "GET; rm", "http.path": "/a" }, null],
  [{ "http.method": "GET", "http.path": "a", "http.host": "shop" }, null],
  [{}, null],
])("%j is %s", (tags, text) => {
  expect(command(tags)).toBe(text);
});

test("a client's peer is the host that no tag names", () => {
  expect(command({ "http.method": "GET", "http.path": "/a" }, { kind: "CLIENT", peer: 80 })).toBe(
    "curl http://127.0.0.1:80/a",
  );
});

test("no tag can leave the command", () => {
  const text = command({ "http.method": "GET", "http.url": "http://a/'; rm -rf /; '\n$(id)`id`" });
  expect(text).toBe("curl 'http://a/'\\''; rm -rf /; '\\''\n$(id)`id`'");
});
