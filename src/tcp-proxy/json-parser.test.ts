import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonSyntaxError, parseJson, type JsonNode } from "./json-parser.ts";

describe("parseJson", () => {
  it("reads every JSON text as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.boolean(), (value, isSpacious) => {
        const text = JSON.stringify(value, undefined, isSpacious ? 2 : 0);
        expect(plainOf(parseJson(Buffer.from(text)))).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  it("either reads a text or says JsonSyntaxError, whatever the bytes", () => {
    const soup = fc.stringMatching(/^[{}[\]",:0-9eE.+\-truefalsn\\u\s]*$/);
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (text) => {
        expect(["read", JsonSyntaxError]).toContain(outcomeOf(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses what JSON.parse refuses, apart from what follows the first value", () => {
    const soup = fc.stringMatching(/^[{[][{}[\]",:0-9eE.+\-truefalsn\\u\s]*$/);
    fc.assert(
      fc.property(soup, (text) => {
        expect(isRead(() => parseJson(Buffer.from(text)))).toBe(isRead(() => JSON.parse(firstValue(text))));
      }),
    );
  });

  it("ignores what follows the first value", () => {
    expect(parseJson(Buffer.from("1 2 x"))).toStrictEqual({ kind: "number", text: "1" });
  });

  it("bounds the nesting", () => {
    expect(() => parseJson(Buffer.from("[".repeat(100_000)))).toThrow("exceeded max depth");
  });
});

function plainOf(node: JsonNode): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "bool":
    case "string":
      return node.value;
    case "number":
      return Number(node.text);
    case "array":
      return node.items.map(plainOf);
    case "object":
      return Object.fromEntries(node.members.map(([name, value]) => [name, plainOf(value)]));
  }
}

/** What became of a text: read, or the kind of error. */
function outcomeOf(text: string): unknown {
  try {
    parseJson(Buffer.from(text));
    return "read";
  } catch (error) {
    return error instanceof Error ? error.constructor : error;
  }
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** The shortest beginning that is a value of its own; the whole text where none is. */
function firstValue(text: string): string {
  for (let end = 1; end <= text.length; end += 1) {
    if (isRead(() => JSON.parse(text.slice(0, end)))) return text.slice(0, end);
  }
  return text;
}
