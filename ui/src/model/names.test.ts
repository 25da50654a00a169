import { expect, test } from "vitest";
import { cut, headAndTail, nameOf, namesOf } from "./names";

test.each([
  ["127.0.0.1/4140", "127.0.0.1/4140", ["127.0.0.1/4140"], true],
  ["0:0:0:0:0:0:0:0/4140", "0:0:0:0:0:0:0:0/4140", ["0:0:0:0:0:0:0:0/4140"], true],
  ["%/io.l5d.port/4141/#/io.l5d.fs/hello", "hello", ["port 4141", "fs"], false],
  ["#/io.l5d.fs/hello", "hello", ["fs"], false],
  [
    "%/io.l5d.k8s.daemonset/prod/incoming/l5d/#/io.l5d.k8s/prod/http/cart",
    "cart",
    ["daemonset l5d", "k8s prod"],
    false,
  ],
  ["%/io.l5d.k8s.localnode/10.4.2.3/#/io.l5d.k8s/prod/http/cart", "cart", ["localnode 10.4.2.3", "k8s prod"], false],
  ["$/inet/api.bank.example/443", "api.bank.example", ["inet :443"], false],
  ["/$/inet/127.1/9990", "127.1", ["inet :9990"], false],
  ["checkout", "checkout", [], false],
  ["#/", "#/", [], false],
  ["", "unknown", [], false],
])("%s is called %s", (service, alias, chips, router) => {
  expect(nameOf(service)).toMatchObject({ alias, chips, router });
});

test("two names with one alias take the first segment in which they differ", () => {
  const names = namesOf([
    "#/io.l5d.k8s/prod/http/cart",
    "#/io.l5d.k8s/stage/http/cart",
    "#/io.l5d.k8s/prod/http/pricing",
  ]);
  expect([...names.values()].map(({ alias }) => alias)).toEqual(["cart prod", "cart stage", "pricing"]);
});

test("the same bound name behind a transformer is the same service", () => {
  const names = namesOf(["#/io.l5d.fs/hello", "%/io.l5d.port/4141/#/io.l5d.fs/hello", "hello"]);
  expect([...names.values()].map(({ alias }) => alias)).toEqual(["hello", "hello", "hello"]);
});

test("a line that is too short loses the head of a name, not its tail", () => {
  expect(headAndTail("%/io.l5d.port/4141/#/io.l5d.fs/hello")).toEqual(["%/io.l5d.port/4141", "/#/io.l5d.fs/hello"]);
  expect(headAndTail("short")).toEqual(["", "short"]);
});

test("ten thousand characters become two hundred, the ends kept", () => {
  const short = cut(`a${"x".repeat(10_000)}z`, 200);
  expect(short).toHaveLength(200);
  expect(short).toMatch(/^ax+…x+z$/);
});
