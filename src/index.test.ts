import { readFileSync } from "node:fs";

import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

/** Every name that an entry point exports, types included, sorted. */
function namesOf(path: string): readonly string[] {
  const { program } = parseSync(path, readFileSync(new URL(path, import.meta.url), "utf8"));
  return program.body
    .flatMap((node) => {
      if (node.type !== "ExportNamedDeclaration" || node.declaration !== null) throw new Error(`${path} has logic`);
      return node.specifiers;
    })
    .map((specifier) => {
      const name = "name" in specifier.exported ? specifier.exported.name : specifier.exported.value;
      const { exportKind } = specifier;
      return exportKind === "type" ? `type ${name}` : name;
    })
    .toSorted();
}

// A name that is taken away, or an unplanned one that is added, is a change for everybody who uses the package.
describe("the public names", () => {
  it("of cutwire", () => {
    expect(namesOf("./index.ts")).toMatchInlineSnapshot(`
      [
        "Anchor",
        "BackoffContract",
        "CHECKERS",
        "CheckContext",
        "CheckInput",
        "Checker",
        "Client",
        "ClientContext",
        "ClientReference",
        "ClientSession",
        "Contract",
        "Direction",
        "EventAnchor",
        "EventOf",
        "Expectation",
        "Fault",
        "FaultKind",
        "FaultState",
        "GivenClient",
        "HARNESS_ERROR_CODES",
        "Harness",
        "HarnessError",
        "HarnessTool",
        "Heal",
        "HistoryEvent",
        "Limits",
        "ModelScript",
        "ModelStep",
        "Outcome",
        "PROTOCOL_POINTS",
        "Place",
        "Plan",
        "ReplayOutcome",
        "Reproduction",
        "RunRecord",
        "Scenario",
        "ScheduledFault",
        "ScriptedCall",
        "ScriptedTurn",
        "SessionScript",
        "SurfaceEvent",
        "Trigger",
        "TurnResult",
        "Verdict",
        "Workload",
        "checkHistory",
        "createHarness",
        "createMemoryHistorySink",
        "decodeHistory",
        "openFileHistorySink",
        "replay",
        "runAndJudge",
        "runPlan",
        "type HarnessErrorCode",
        "type HistorySink",
        "type ProtocolPoint",
        "type ProtocolPointDescription",
        "type Replay",
        "type ReplayOptions",
        "type RunPlanOptions",
        "type RunRequest",
        "type RunResult",
      ]
    `);
  });

  it("of cutwire/vitest", () => {
    expect(namesOf("./vitest/index.ts")).toMatchInlineSnapshot(`
      [
        "GivenClient",
        "testClient",
        "type TestClientOptions",
      ]
    `);
  });
});
