import { describe, expect, test } from "vitest";
import { type History, appended, figures, latency, readTraffic, servers } from "./traffic";

const LABELS = ["out", "out/side"];

const reading = (at: number, flat: Record<string, number>) => readTraffic(flat, LABELS, at);

const hello = (requests: number, success = requests) => ({
  "rt/out/server/0.0.0.0/4140/requests": requests,
  "rt/out/server/0.0.0.0/4140/success": success,
  "rt/out/service/svc/hello/requests": requests,
  "rt/out/service/svc/hello/success": success,
});

const over = (...readings: (readonly [number, Record<string, number>])[]): History =>
  readings.reduce<History>((history, [at, flat]) => appended(history, reading(at, flat)), []);

test("numbers are sorted by router, service, client, and service of a client", () => {
  const { routers } = reading(0, {
    "rt/out/server/0.0.0.0/4140/requests": 7,
    "rt/out/server/0.0.0.0/4140/request_latency_ms.p99": 12.5,
    "rt/out/service/svc/hello/requests": 7,
    "rt/out/service/svc/hello/retries/total": 2,
    "rt/out/client/%/io.l5d.port/1/#/io.l5d.fs/hello/loadbalancer/size": 3,
    "rt/out/client/%/io.l5d.port/1/#/io.l5d.fs/hello/service/svc/hello/requests": 6,
    "rt/out/client/#/io.l5d.consul/dc/service/web/requests": 1,
    "rt/out/side/service/svc/other/requests": 9,
    "rt/gone/service/svc/hello/requests": 1,
    "jvm/uptime": 3,
  });
  const out = routers.get("out");
  expect(out?.servers.get("0.0.0.0/4140")).toMatchObject({ requests: 7, p99: 12.5, p50: null });
  expect(out?.services.get("/svc/hello")).toMatchObject({ requests: 7, retries: 2 });
  expect([...(out?.services.keys() ?? [])]).toEqual(["/svc/hello"]);
  expect(out?.clients.get("/%/io.l5d.port/1/#/io.l5d.fs/hello")?.size).toBe(3);
  expect(out?.clients.get("/#/io.l5d.consul/dc/service/web")?.requests).toBe(1);
  expect(out?.parts.get("/svc/hello")?.get("/%/io.l5d.port/1/#/io.l5d.fs/hello")?.requests).toBe(6);
  expect(routers.get("out/side")?.services.get("/svc/other")?.requests).toBe(9);
  expect([...routers.keys()]).toEqual(LABELS);
});

describe("figures", () => {
  test("after one reading there is no rate, and success is that of all", () => {
    expect(figures(over([0, hello(10, 9)]), "out", servers)).toMatchObject({
      perSecond: null,
      success: 0.9,
      overall: true,
    });
  });

  test("success is that of the window, the rate that of the last seconds", () => {
    const history = over([0, hello(100, 50)], [30_000, hello(400, 350)], [40_000, hello(420, 365)]);
    expect(figures(history, "out", servers)).toMatchObject({ perSecond: 2, overall: false, course: [10, 2] });
    expect(figures(history, "out", servers)?.success).toBeCloseTo(315 / 320);
  });

  test("without requests in the window success is that of all", () => {
    const history = over([0, hello(10, 9)], [2000, hello(10, 9)]);
    expect(figures(history, "out", servers)).toMatchObject({ perSecond: 0, success: 0.9, overall: true });
  });

  test("a name that is new began with nothing", () => {
    const history = over([0, {}], [2000, hello(4)]);
    expect(figures(history, "out", ({ services }) => services.get("/svc/hello"))).toMatchObject({
      perSecond: 2,
      success: 1,
    });
  });

  test("what is not counted has none", () => {
    expect(figures(over([0, hello(1)]), "out", ({ services }) => services.get("/svc/x"))).toBeNull();
    expect(figures([], "out", servers)).toBeNull();
  });

  test("nothing that ever came has no success", () => {
    expect(figures(over([0, hello(0)]), "out", servers)?.success).toBeNull();
  });
});

test("readings older than a minute are forgotten, and all of them when Envoy counts anew", () => {
  const history = over([0, hello(1)], [50_000, hello(2)], [70_000, hello(3)]);
  expect(history.map(({ at }) => at)).toEqual([50_000, 70_000]);
  expect(appended(history, reading(72_000, hello(0))).map(({ at }) => at)).toEqual([72_000]);
});

test("the servers of a router are one sum", () => {
  const flat = {
    ...hello(3),
    "rt/out/server/0.0.0.0/4150/requests": 5,
    "rt/out/server/0.0.0.0/4150/request_latency_ms.p50": 9,
  };
  expect(figures(over([0, flat]), "out", servers)?.now).toMatchObject({ requests: 8, success: 3, p50: 9 });
});

test.each([
  [null, "–"],
  [0, "<1\u00a0ms"],
  [212.4, "212\u00a0ms"],
  [1210, "1.21\u00a0s"],
  [12_100, "12.1\u00a0s"],
])("latency %d", (ms, text) => {
  expect(latency(ms)).toBe(text);
});
