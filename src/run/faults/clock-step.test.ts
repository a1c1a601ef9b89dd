import { describe, expect, it } from "vitest";

import { createManualClock } from "../../determinism/manual-clock.ts";
import type { AppliedChange } from "../backend.ts";
import type { ClientProcessControl } from "../fault-applier.ts";
import { createScriptedWire } from "../scripted-wire.test-support.ts";
import { clockStep } from "./clock-step.ts";

async function strike(client?: ClientProcessControl): Promise<AppliedChange> {
  const { wire } = createScriptedWire(0);
  const site = { wire, connection: undefined, clock: createManualClock(), client };
  return await clockStep.apply({ kind: "clock-step", byMs: -500 }, site);
}

describe("a step of the wall clock", () => {
  it("is made once, and taken back when it heals", async () => {
    const steps: number[] = [];
    const change = await strike({ stepWallClock: (byMs) => steps.push(byMs) > 0 });
    expect(steps).toEqual([-500]);
    await change.undo();
    expect(steps).toEqual([-500, 500]);
  });

  it("has failed where there is no clock to be stepped, or no client any more", async () => {
    const failure = "there is no client whose wall clock could be stepped";
    await expect(strike()).rejects.toThrow(failure);
    await expect(strike({})).rejects.toThrow(failure);
    await expect(strike({ stepWallClock: () => false })).rejects.toThrow(failure);
  });

  it("heals without a word where the client is gone by then", async () => {
    let isThere = true;
    const change = await strike({ stepWallClock: () => isThere });
    isThere = false;
    await expect(change.undo()).resolves.toBeUndefined();
  });
});
