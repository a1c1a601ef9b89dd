import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createDeferred } from "../determinism/waiting.ts";
import { openCampaignStore } from "./campaign-store.ts";
import { runCampaign, type CampaignRunOptions } from "./run-campaign.ts";
import { campaignOf, emptyUnit, resultOf, TWO_FAULTS_ARE_TOO_MANY } from "./search-fixture.test-support.ts";
import { runUnit } from "./run-unit.ts";
import type { UnitPool } from "./unit-pool.ts";
import { sealUnit } from "./unit-result.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cutwire-campaign-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const campaign = campaignOf();
const NEVER = new AbortController().signal;

function poolOf(run: UnitPool["run"]): UnitPool {
  return { run, close: async () => undefined };
}

function optionsOf(pool: UnitPool, given: Partial<CampaignRunOptions> = {}): CampaignRunOptions {
  return {
    store: openCampaignStore(directory, campaign),
    pool,
    jobs: 2,
    selection: { kind: "all" },
    timeUp: NEVER,
    signal: NEVER,
    onPlan: () => undefined,
    onUnit: () => undefined,
    ...given,
  };
}

describe("a unit", () => {
  const parts = {
    runOne: async (plan: Parameters<typeof resultOf>[0]) =>
      resultOf(
        plan,
        plan.faults.map(({ id }) => id),
        plan.seed % 2 === 0 ? ["INV-02"] : [],
      ),
    checkers: [TWO_FAULTS_ARE_TOO_MANY],
    onPlan: () => undefined,
  };

  it("comes to the same side by side and one after the other, and holds the plans from its own place on", async () => {
    const begun: number[] = [];
    const task = { campaign, unit: 2, lost: [] };
    const one = await runUnit(task, { ...parts, sideBySide: 1, onPlan: (number) => void begun.push(number) });
    expect(begun).toEqual([8, 9, 10, 11]);
    expect(sealUnit(await runUnit(task, { ...parts, sideBySide: 4 }))).toEqual(sealUnit(one));
    expect(one.tally.plans).toBe(4);
  });

  it("tells a plan that took its process with it, without running it", async () => {
    const begun: number[] = [];
    const lost = [{ number: 5, how: "died", why: "signal SIGKILL" }] as const;
    const unit = await runUnit(
      { campaign, unit: 1, lost },
      { ...parts, sideBySide: 1, onPlan: (number) => void begun.push(number) },
    );
    expect(begun).toEqual([4, 6, 7]);
    expect(unit.findings.filter(({ rule }) => rule === "INV-42")).toMatchObject([
      { number: 5, verdict: { message: "the process that ran this plan died twice: signal SIGKILL" } },
    ]);
  });

  it("begins no other plan where one cannot be run, and tells which", async () => {
    const begun: number[] = [];
    const running = runUnit(
      { campaign, unit: 1, lost: [] },
      {
        ...parts,
        runOne: async () => await Promise.reject(new Error("no")),
        sideBySide: 1,
        onPlan: (number) => void begun.push(number),
      },
    );
    await expect(running).rejects.toMatchObject({ name: "PlanFailure", number: 4, message: "no" });
    expect(begun).toEqual([4]);
  });
});

describe("a campaign", () => {
  it("stores each unit as it ends, and never runs again what is stored", async () => {
    const ran: number[] = [];
    const pool = poolOf(async ({ unit }) => {
      ran.push(unit);
      return await Promise.resolve(emptyUnit(campaign, unit));
    });
    const shard = { kind: "shard", index: 1, of: 2 } as const;
    const first = await runCampaign(optionsOf(pool, { selection: shard }));
    expect(ran).toEqual([0, 2, 4, 6, 8]);
    const told: [number, boolean][] = [];
    const second = await runCampaign(optionsOf(pool, { onUnit: ({ unit }, isNew) => void told.push([unit, isNew]) }));
    expect(ran.toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([first.unitsRun, second.unitsRun]).toEqual([5, 5]);
    expect(second.results.map(({ unit }) => unit)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(told.filter(([, isNew]) => !isNew).map(([unit]) => unit)).toEqual([0, 2, 4, 6, 8]);
  });

  it("begins no unit when the time is up, and ends those that are under way", async () => {
    const timeUp = new AbortController();
    const pool = poolOf(async ({ unit }) => {
      timeUp.abort();
      return await Promise.resolve(emptyUnit(campaign, unit));
    });
    const run = await runCampaign(optionsOf(pool, { jobs: 1, timeUp: timeUp.signal }));
    expect(run).toMatchObject({ unitsRun: 1, interrupted: false });
  });

  it("stores nothing of a unit that was under way when everything stopped", async () => {
    const stop = new AbortController();
    const held = createDeferred<void>();
    const pool = poolOf(async ({ unit }) => {
      if (unit === 1) {
        stop.abort();
        held.resolve();
      }
      await held.promise;
      return emptyUnit(campaign, unit);
    });
    const run = await runCampaign(optionsOf(pool, { signal: stop.signal }));
    expect(run).toMatchObject({ unitsRun: 0, interrupted: true });
    expect(openCampaignStore(directory, campaign).units()).toEqual([]);
  });

  it("ends with the error of a plan that cannot be run, and keeps the units that were", async () => {
    const pool = poolOf(async ({ unit }) => {
      if (unit === 1) throw new Error("no");
      return await Promise.resolve(emptyUnit(campaign, unit));
    });
    await expect(runCampaign(optionsOf(pool, { jobs: 1 }))).rejects.toThrow("no");
    expect(openCampaignStore(directory, campaign).units()).toEqual([0]);
  });
});
