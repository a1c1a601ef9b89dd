import { describe, expect, it } from "vitest";
import { z } from "zod";

import { HarnessError } from "../errors.ts";
import { parseDocument } from "./document.ts";

const Schema: z.ZodType<unknown> = z.strictObject({
  formatVersion: z.literal(1).exactOptional(),
  name: z.string(),
  faults: z.array(z.union([z.strictObject({ kind: z.literal("cut"), mode: z.string() }), z.literal("none")])),
});

function refusalOf(text: string, schema = Schema): HarnessError {
  try {
    parseDocument(text, schema, { what: "plan", source: "plan.json", code: "HARNESS_INVALID_PLAN" });
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a text that is not JSON", () => {
  it.each([
    ["", "1:1"],
    ["{", "1:2"],
    ['{"name": nope}', "1:11"],
    ['{"name": "x",}', "1:14"],
    ['{\n  "name": "x",\n  "faults": [1 2]\n}', "3:16"],
    ['{\n  "name": "x"\n  "faults": []\n}', "3:3"],
    ['{"name": "x', "1:12"],
    ['{"name": "x\ny"}', "1:12"],
    ['{"name": "\\x"}', "1:12"],
    ['{"name": 1.2.3}', "1:13"],
    ['{"name": "x"} {}', "1:15"],
    ["[tru, 1]", "1:5"],
    ["{'name': 1}", "1:2"],
  ])("%j is refused at %s", (text, place) => {
    const refusal = refusalOf(text);
    expect(refusal.code).toBe("HARNESS_UNREADABLE_FILE");
    expect(refusal.message).toMatch(
      new RegExp(`^plan\\.json:${place} is not JSON \\(.+\\)\\. A plan is expected\\.$`, "s"),
    );
  });

  it("is placed in a long file without reading it a thousand times", () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `  "key-${index}": ${index}`);
    lines[12_345] = '  "key": oops';
    expect(refusalOf(`{\n${lines.join(",\n")}\n}`).details).toMatchObject({ line: 12_347, column: 10 });
  });
});

describe("a document of another shape", () => {
  it("is refused with every problem at its path", () => {
    const text = JSON.stringify({ name: 7, faults: ["none", { kind: "cut" }], extra: true });
    expect(refusalOf(text)).toMatchObject({
      code: "HARNESS_INVALID_PLAN",
      message: expect.stringMatching(/^plan\.json is not a plan; 3 problems:\n/),
      details: { problems: expect.arrayContaining([expect.objectContaining({ path: "faults[1].mode" })]) },
    });
  });

  it("is refused by its version alone where that is another one", () => {
    expect(refusalOf('{"formatVersion":2,"nobody":"knows"}')).toMatchObject({
      code: "HARNESS_UNREADABLE_FILE",
      message: expect.stringMatching(/^plan\.json has format version 2, and this release reads version 1\. Use /),
    });
    expect(refusalOf('{"formatVersion":"1"}').code).toBe("HARNESS_INVALID_PLAN");
  });

  const Choices: z.ZodType<unknown> = z.strictObject({
    list: z.array(z.union([z.strictObject({ kind: z.literal("a"), size: z.number().min(1) }), z.number()])),
    when: z.union([z.literal("now"), z.literal("later"), z.strictObject({ atMs: z.number() })]),
    why: z.string(),
  });

  function problemsOf(data: object): unknown {
    return refusalOf(JSON.stringify(data), Choices).details["problems"];
  }

  it("is refused at the place within the shape that came closest", () => {
    expect(problemsOf({ list: [1, { kind: "a", size: 0 }], when: { atMs: "x" }, why: "" })).toEqual([
      { path: "list[1].size", message: expect.stringContaining("Too small") },
      { path: "when.atMs", message: expect.stringContaining("expected number") },
    ]);
  });

  it("is refused with every shape that was possible where none came close", () => {
    expect(problemsOf({ list: [], when: "soon", why: "" })).toEqual([
      {
        path: "when",
        message:
          'Invalid input: expected "now"; or Invalid input: expected "later"; or Invalid input: expected object, received string',
      },
    ]);
  });

  it("is refused for what is missing in plain words", () => {
    expect(problemsOf({ list: [{ kind: "a" }] })).toEqual([
      { path: "list[0].size", message: "is missing" },
      { path: "when", message: "is missing" },
      { path: "why", message: "is missing" },
    ]);
  });
});
