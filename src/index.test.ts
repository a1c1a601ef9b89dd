import { readFileSync } from "node:fs";

import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

/** Every name that an entry point exports, types included, sorted. */
function namesOf(path: string): readonly string[] {
  const { program } = parseSync(path, readFileSync(new URL(path, import.meta.url), "utf8"));
  return program.body
    .flatMap((node) => {
      if (node.type !== "ExportNamedDeclaration" || node.declaration !== null) throw new Error(`${path} has logic`);
      return node.specifiers.map(({ exported, exportKind }) => {
        const name = "name" in exported ? exported.name : exported.value;
        return node.exportKind === "type" || exportKind === "type" ? `type ${name}` : name;
      });
    })
    .toSorted();
}

// A name that is taken away, or an unplanned one that is added, is a change for everybody who uses the package.
describe("the public names", () => {
  it("of cutwire", () => {
    expect(namesOf("./index.ts")).toMatchInlineSnapshot(`
      [
        "CHECKERS",
        "FAULT_CATALOGUE",
        "HARNESS_ERROR_CODES",
        "HarnessError",
        "PROTOCOL_POINTS",
        "checkHistory",
        "createHarness",
        "createMemoryHistorySink",
        "decodeHistory",
        "defineConfig",
        "firstDifference",
        "openFileHistorySink",
        "replay",
        "runAndJudge",
        "runPlan",
        "type Anchor",
        "type BackoffContract",
        "type Capability",
        "type CheckContext",
        "type CheckInput",
        "type Checker",
        "type Client",
        "type ClientContext",
        "type ClientReference",
        "type ClientSession",
        "type Configuration",
        "type Contract",
        "type Direction",
        "type EventAnchor",
        "type EventOf",
        "type Expectation",
        "type Fault",
        "type FaultDescription",
        "type FaultKind",
        "type FaultState",
        "type GivenClient",
        "type Harness",
        "type HarnessErrorCode",
        "type HarnessTool",
        "type Heal",
        "type HistoryDifference",
        "type HistoryEvent",
        "type HistorySink",
        "type Limits",
        "type ModelScript",
        "type ModelStep",
        "type Outcome",
        "type Place",
        "type Plan",
        "type ProtocolPoint",
        "type ProtocolPointDescription",
        "type Replay",
        "type ReplayOptions",
        "type ReplayOutcome",
        "type Reproduction",
        "type RunPlanOptions",
        "type RunRecord",
        "type RunRequest",
        "type RunResult",
        "type Scenario",
        "type ScheduledFault",
        "type ScriptedCall",
        "type ScriptedTurn",
        "type SessionScript",
        "type SurfaceEvent",
        "type Trigger",
        "type TurnResult",
        "type Verdict",
        "type Workload",
      ]
    `);
  });

  it("of cutwire/vitest", () => {
    expect(namesOf("./vitest/index.ts")).toMatchInlineSnapshot(`
      [
        "testClient",
        "type GivenClient",
        "type KnownFinding",
        "type TestClientOptions",
      ]
    `);
  });
});
