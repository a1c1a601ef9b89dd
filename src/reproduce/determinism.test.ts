import { describe, expect, it } from "vitest";

import { sleep } from "../determinism/waiting.ts";
import { createSystemClock } from "../determinism/clock.ts";
import type { Client } from "../run/client.ts";
import { embedded } from "../run/backends/embedded.ts";
import { simulation } from "../run/backends/simulation.ts";
import { client as reference } from "../run/clients/reference.ts";
import { checkDeterminism } from "./determinism.ts";
import { CUT_AFTER_CALL, simulationHarness, toolPlan } from "./simulation-bed.test-support.ts";

const harness = simulationHarness([], [simulation, embedded]);
const options = { harness, backend: "simulation" };

describe("a check for determinism", () => {
  it("answers the digest that both runs had", async () => {
    const check = await checkDeterminism(toolPlan([CUT_AFTER_CALL]), reference, options);
    expect(check.difference).toBeUndefined();
    expect(check.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await checkDeterminism(toolPlan([]), reference, options)).digest).not.toBe(check.digest);
  });

  it("tells the first event that differs, of both runs, where a client remembers the run before", async () => {
    let turns = 0;
    const remembering: Client = {
      ...reference,
      open: async () => ({
        async runTurn() {
          turns += 1;
          await sleep(createSystemClock(), turns * 10);
          return { outcome: "completed", text: "" };
        },
        close: async () => undefined,
      }),
    };
    const { difference } = await checkDeterminism(toolPlan([]), remembering, options);
    expect(difference).toMatchObject({
      left: { kind: "turn-ended" },
      right: { kind: "turn-ended" },
    });
    expect((difference?.right?.atMs ?? 0) - (difference?.left?.atMs ?? 0)).toBeCloseTo(20);
    expect(difference?.left?.sequence).toBe(difference?.index);
  });

  it("is refused on a backend that a clock on the wall drives", async () => {
    const refused = checkDeterminism(toolPlan([]), reference, { harness, backend: "embedded" });
    await expect(refused).rejects.toThrow(
      expect.objectContaining({
        code: "HARNESS_INVALID_OPTION",
        message: expect.stringContaining("--backend simulation"),
      }),
    );
  });
});
