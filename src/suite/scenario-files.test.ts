import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";
import { builtInScenarioNames, readScenarios } from "./scenario-files.ts";

const PLAN: Plan = {
  formatVersion: 1,
  seed: 7,
  workload: { sessions: [{ turns: [{ userText: "hello", script: { steps: [{ text: "hi" }] } }] }] },
  faults: [],
  limits: DEFAULT_LIMITS,
};
const SCENARIO = { formatVersion: 1, name: "mine", why: "To see that it is read.", plan: PLAN };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cutwire-scenarios-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(name: string, content: unknown): void {
  writeFileSync(join(directory, name), JSON.stringify(content));
}

describe("the scenarios that a user asks for", () => {
  it("are all that come with the package where none is named, sorted, each named as its file", () => {
    const names = readScenarios([], directory).map(({ name }) => name);
    expect(names).toEqual(builtInScenarioNames());
    expect(names).toContain("cut-after-call-done");
    expect(names).toEqual(names.toSorted());
  });

  it("leave out what is run on request alone, and find it by its name", () => {
    expect(builtInScenarioNames()).not.toContain("fleet-cut-at-once");
    const [fleet] = readScenarios(["fleet-cut-at-once"], directory);
    expect(fleet?.plan.workload.sessions).toHaveLength(20);
  });

  it("say why they exist, and expect only rules by number", () => {
    for (const { why, expect: expected = [] } of readScenarios([], directory)) {
      expect(why.length).toBeGreaterThan(40);
      expect(expected.length).toBeGreaterThan(0);
    }
  });

  it("are read from files too, in the order in which they were named", () => {
    write("a.json", SCENARIO);
    const read = readScenarios(["fin-mid-text", "a.json", "rst-inside-arguments"], directory);
    expect(read.map(({ name }) => name)).toEqual(["fin-mid-text", "mine", "rst-inside-arguments"]);
  });

  it("may be a bare plan, which is named after its file and expects every rule to hold", () => {
    write("my-plan.json", PLAN);
    expect(readScenarios(["my-plan.json"], directory)).toEqual([
      { formatVersion: 1, name: "my-plan", why: "The plan in my-plan.json.", plan: PLAN },
    ]);
  });

  it("are refused where two have one name", () => {
    write("a.json", SCENARIO);
    write("b.json", SCENARIO);
    expect(() => readScenarios(["a.json", "b.json"], directory)).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION", message: expect.stringContaining('named "mine"') }),
    );
  });

  it("are refused where there is neither a scenario nor a file of that name", () => {
    expect(() => readScenarios(["mine"], directory)).toThrow(expect.objectContaining({ code: "HARNESS_UNKNOWN_NAME" }));
    expect(() => readScenarios(["mine.json"], directory)).toThrow(
      expect.objectContaining({ code: "HARNESS_UNREADABLE_FILE" }),
    );
  });
});
