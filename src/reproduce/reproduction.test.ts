import { describe, expect, it } from "vitest";

import { HarnessError } from "../errors.ts";
import { parseReproduction, type Reproduction } from "./reproduction.ts";
import { reproductionOf } from "./reproduction-fixture.test-support.ts";

function refusalOf(content: unknown): HarnessError {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  try {
    parseReproduction(text, "failure.json");
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const FILE = reproductionOf("INV-02");

describe("a reproduction file", () => {
  it("is read back as it was written", () => {
    expect(parseReproduction(JSON.stringify(FILE), "failure.json")).toEqual(FILE);
    const module: Reproduction = { ...FILE, client: { module: "file:///srv/me/my-client.js" } };
    expect(parseReproduction(JSON.stringify(module), "failure.json")).toEqual(module);
  });

  it("of an earlier release goes by the defaults of what that release did not know", () => {
    const { createsPerTurnMax: _creates, fallback: _fallback, ...contract } = { ...FILE.contract, idleDeadlineMs: 700 };
    const { sessionsMax: _sessions, ...limits } = FILE.plan.limits;
    const earlier = { ...FILE, contract, plan: { ...FILE.plan, limits } };
    expect(parseReproduction(JSON.stringify(earlier), "failure.json")).toEqual({
      ...FILE,
      contract: { ...FILE.contract, idleDeadlineMs: 700 },
    });
  });

  it("is refused where it has no contract, no plan or no limits at all", () => {
    const { contract: _contract, plan, ...rest } = FILE;
    const { limits: _limits, ...unlimited } = plan;
    expect(refusalOf({ ...rest, plan: unlimited }).message).toMatch(/^ {2}plan\.limits: is missing$/m);
    expect(refusalOf({ ...rest, plan: unlimited }).message).toMatch(/^ {2}contract: is missing$/m);
    expect(refusalOf({ ...rest, contract: FILE.contract }).message).toMatch(/^ {2}plan: is missing$/m);
  });

  it("is refused with its place where it is no JSON", () => {
    expect(refusalOf('{\n  "formatVersion": 1,\n  "plan": oh\n}')).toMatchObject({
      code: "HARNESS_UNREADABLE_FILE",
      message: expect.stringMatching(/^failure\.json:3:11 is not JSON/),
      details: { source: "failure.json", line: 3, column: 11 },
    });
  });

  it("is refused where it was written by a newer release, and that is the whole message", () => {
    const newer = { ...FILE, formatVersion: 2, plan: { ...FILE.plan, formatVersion: 2 }, seeds: [1] };
    expect(refusalOf(newer)).toMatchObject({
      code: "HARNESS_UNREADABLE_FILE",
      message:
        "failure.json has format version 2, and this release reads version 1. " +
        "Use the release that wrote the file, or a newer one.",
    });
  });

  it("is refused with every problem at its path", () => {
    const broken = {
      ...FILE,
      client: {},
      backend: 7,
      verdicts: [],
      contract: { ...FILE.contract, recoveryDeadlineMs: -1 },
    };
    const refusal = refusalOf(broken);
    expect(refusal.code).toBe("HARNESS_INVALID_PLAN");
    for (const path of ["client", "backend", "verdicts", "contract.recoveryDeadlineMs"]) {
      expect(refusal.message).toMatch(new RegExp(`^ {2}${path.replace(".", "\\.")}[^:]*: `, "m"));
    }
    expect(refusal.message).toContain("a reproduction names what was violated");
  });

  it.each([
    { is: "a plan", content: FILE.plan },
    { is: "a list", content: [FILE] },
    { is: "null", content: null },
    { is: "a text", content: '"hello"' },
  ])("is refused where it is $is", ({ content }) => {
    expect(refusalOf(content)).toMatchObject({ code: "HARNESS_INVALID_PLAN" });
  });
});
