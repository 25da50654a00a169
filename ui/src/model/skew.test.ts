import { expect, test } from "vitest";
import { type Apart, readClocks } from "./skew";
import { type Brief, generated, hello, trace } from "./spans.fixture";

const SECOND = 1_000_000;
const at = (...briefs: readonly Brief[]) => {
  const { adjusted, raw, apart } = readClocks(trace(...briefs));
  return {
    rows: adjusted.nodes.map(({ key, start, end, moved }) => `${key} ${start}–${end}${moved ? ` moved ${moved}` : ""}`),
    apart: apart.map(({ caller, callee, by }: Apart) => `${caller} ${callee} ${by}`),
    same: adjusted === raw,
  };
};
const client: Brief = { id: "a", service: "web", host: "10.0.0.1", kind: "CLIENT", at: 0, took: 100 };
const server: Brief = { id: "b", parent: "a", service: "app", host: "10.0.0.2", kind: "SERVER", at: 20, took: 60 };

test.each([
  ["inside", server],
  ["longer than its caller", { ...server, at: 50, took: 110 }],
  ["a message that nobody waits for", { ...server, kind: "CONSUMER" as const, at: 5 * SECOND }],
  ["on the same host, and no call to a server", { ...server, kind: "CLIENT" as const, host: "10.0.0.1", at: 90 }],
  ["of an unknown host, and no call to a server", { id: "b", parent: "a", service: "app", at: 90, took: 60 }],
  ["without a duration", { id: "b", parent: "a", service: "app", kind: "SERVER" as const, at: 500 }],
  ["without a time", { id: "b", parent: "a", service: "app", kind: "SERVER" as const, took: 10 }],
])("a callee stays where it was reported: %s", (_, callee) => {
  expect(at(client, callee)).toMatchObject({ apart: [], same: true });
});

test.each([
  ["ahead by seconds", 3 * SECOND + 20, -3 * SECOND],
  ["behind by seconds", 20 - 2 * SECOND, 2 * SECOND],
  ["starts before its caller by a hair", -1, 21],
  ["ends after its caller", 50, -30],
])("a server whose clock %s is put in the middle of its client", (_, start, shift) => {
  expect(at(client, { ...server, at: start })).toEqual({
    rows: ["a 0–100", `b 20–80 moved ${shift}`],
    apart: [`web app ${Math.abs(shift)}`],
    same: false,
  });
});

test("all that a moved server did moves with it, and further clocks are set right by its own", () => {
  const ahead = 4 * SECOND;
  const found = at(
    client,
    { ...server, at: ahead + 20 },
    { id: "c", parent: "b", service: "app", host: "10.0.0.2", at: ahead + 25, took: 5 },
    { id: "d", parent: "b", service: "app", host: "10.0.0.2", kind: "CLIENT", at: ahead + 30, took: 40 },
    { id: "e", parent: "d", service: "db", host: "10.0.0.3", kind: "SERVER", at: ahead + SECOND, took: 20 },
  );
  expect(found.rows).toEqual([
    "a 0–100",
    `b 20–80 moved ${-ahead}`,
    `c 25–30 moved ${-ahead}`,
    `d 30–70 moved ${-ahead}`,
    `e 40–60 moved ${40 - ahead - SECOND}`,
  ]);
  expect(found.apart).toEqual([`web app ${ahead}`, `app db ${SECOND - 40}`]);
});

test("of a shared id the server and what it called move, the client stays", () => {
  const { adjusted } = readClocks(
    trace(
      client,
      { ...server, id: "a", shared: true, at: SECOND },
      { id: "c", parent: "a", service: "app", host: "10.0.0.2", kind: "CLIENT", at: SECOND + 10, took: 10 },
    ),
  );
  const [row, below] = adjusted.nodes;
  expect([row?.start, row?.end, row?.moved]).toEqual([0, 100, 20 - SECOND]);
  expect(row?.own).toEqual([20, 30, 40, 80]);
  expect([below?.start, below?.moved]).toEqual([30, 20 - SECOND]);
});

test("what was reported stays, and events move with their span", () => {
  const reported = trace(client, { ...server, at: SECOND }).map((span) => ({
    ...span,
    ...(span.timestamp && { annotations: [{ timestamp: span.timestamp, value: "wr" }] }),
  }));
  const before = structuredClone(reported);
  const { adjusted, raw } = readClocks(reported);
  expect(reported).toEqual(before);
  expect(adjusted.spans).toBe(raw.spans);
  expect(adjusted.nodes[1]?.span.annotations?.[0]?.timestamp).toBe(adjusted.nodes[1]?.span.timestamp);
  expect(raw.nodes[1]?.moved).toBe(0);
});

test("spans under a parent that never arrived, and traces of one host, stay", () => {
  expect(at({ ...server, parent: "gone", at: 7 * SECOND }, client)).toMatchObject({ same: true });
  expect(readClocks(hello()).apart).toEqual([]);
});

test("a trace in which all is set right needs nothing more", () => {
  const { adjusted } = readClocks(generated(500));
  const again = readClocks(adjusted.nodes.map(({ span }) => span));
  expect(again.apart).toEqual([]);
});
