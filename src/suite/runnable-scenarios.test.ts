import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { embedded } from "../run/backends/embedded.ts";
import { externalServer } from "../run/targets/external-server.ts";
import { referenceServer } from "../run/targets/reference-server.ts";
import { refuseUnsupported, type ScenarioPlace, whyUnsupported } from "./runnable-scenarios.ts";
import { readScenarios } from "./scenario-files.ts";

const HERE: ScenarioPlace = {
  backend: "embedded",
  target: "reference",
  harness: {
    clock: createSystemClock(),
    backends: new Map([["embedded", embedded]]),
    targets: new Map([["reference", referenceServer]]),
    targetAt: externalServer,
    clients: new Map(),
    appliers: new Map(),
    checkers: [],
  },
};
const ELSEWHERE: ScenarioPlace = { ...HERE, target: "ws://127.0.0.1:8080/v1" };
const scenarios = readScenarios(["fin-mid-text", "forgotten-session"], ".");

describe("scenarios and where they are to be run", () => {
  it("fit the reference server, all of them", () => {
    expect(readScenarios([], ".").map((scenario) => whyUnsupported(scenario, HERE))).not.toContainEqual(
      expect.any(String),
    );
    expect(() => refuseUnsupported(scenarios, HERE)).not.toThrow();
  });

  it("do not fit a server that cannot be controlled where a fault is made by the server", () => {
    expect(scenarios.map((scenario) => whyUnsupported(scenario, ELSEWHERE))).toEqual([
      undefined,
      "not for this target: restart (forget) needs target-forget of the target",
    ]);
  });

  it("are refused by name where they were asked for", () => {
    expect(() => refuseUnsupported(scenarios, ELSEWHERE)).toThrow(
      expect.objectContaining({
        code: "HARNESS_UNSUPPORTED_FAULT",
        message: expect.stringMatching(
          /every fault of the scenario "forgotten-session":\n {2}restart \(forget\) needs target-forget of the target\n/,
        ),
      }),
    );
  });
});
