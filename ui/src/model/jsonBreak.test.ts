import { expect, test } from "vitest";
import { jsonBreak } from "./jsonBreak";
import { hello } from "./spans.fixture";

test.each([
  ["[1,,2]", 3, ",", "a value was expected"],
  ['{"a" 1}', 5, "1", "“:” was expected"],
  ["{a: 1}", 1, "a", "a name in quotes or “}” was expected"],
  ['{"a": 1,}', 8, "}", "a name in quotes was expected"],
  ['["ü" 1]', 6, "1", "“,” or “]” was expected"],
  ["[1}", 2, "}", "“,” or “]” was expected"],
  ["[01]", 1, "0", "a value or “]” was expected"],
  ['["a\nb"]', 1, '"', "a value or “]” was expected"],
  ["[] []", 3, "[", "nothing more was expected"],
  ['[{"id": "1"', 11, null, "“,” or “}” was expected"],
  ["", 0, null, "a value was expected"],
])("%s breaks at byte %i", (text, byte, read, expected) => {
  expect(jsonBreak(text)).toEqual({ byte, read, expected });
});

test.each([
  JSON.stringify(hello()),
  JSON.stringify(hello(), null, 2),
  '{"a":[{},[],-1.5e+3,null,true,false,"\\u00e9\\""]} ',
  " 0 ",
])("JSON does not break: %s", (text) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(jsonBreak(text)).toBeNull();
});

test("whatever the browser refuses has a place, and what it takes has none", () => {
  const text = JSON.stringify(hello().slice(0, 2));
  for (let cut = 0; cut < text.length; cut++) {
    for (const edited of [
      text.slice(0, cut),
      text.slice(0, cut) + text.slice(cut + 1),
      `${text.slice(0, cut)},${text.slice(cut)}`,
    ])
      expect(jsonBreak(edited) === null).toBe(parses(edited));
  }
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
