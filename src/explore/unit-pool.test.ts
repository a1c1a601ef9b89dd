import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { campaignOf } from "./search-fixture.test-support.ts";
import { openUnitPool, type UnitPool, type UnitPoolOptions } from "./unit-pool.ts";

const WORKERPOOL = pathToFileURL(createRequire(import.meta.url).resolve("workerpool")).href;
const campaign = campaignOf();
const clock = createSystemClock();

let directory: string;
let pool: UnitPool | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cutwire-pool-"));
});
afterEach(async () => {
  await pool?.close();
  rmSync(directory, { recursive: true });
});

/** A process that tells of its four plans, notes each with its own id, and does `act` at each. */
function openPool(act: string, given: Partial<UnitPoolOptions> = {}): UnitPool {
  const script = join(directory, "process.mjs");
  const text = `
    import { appendFileSync } from "node:fs";
    import workerpool from ${JSON.stringify(WORKERPOOL)};
    async function runUnit({ campaign, unit, lost }, { log }) {
      for (let plan = 4 * unit; plan < 4 * unit + 4; plan += 1) {
        if (lost.some(({ number }) => number === plan)) continue;
        workerpool.workerEmit({ plan });
        appendFileSync(log, plan + " " + process.pid + "\\n");
        await (async () => { ${act} })();
      }
      return { campaign: campaign.id, unit, lost };
    }
    workerpool.worker({ runUnit });`;
  writeFileSync(script, text);
  pool = openUnitPool({ script, surroundings: { log: logFile() }, jobs: 2, clock, planMsMax: 30_000, ...given });
  return pool;
}

const logFile = (): string => join(directory, "log");
const logged = (): readonly (readonly [plan: number, pid: number])[] =>
  readFileSync(logFile(), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [plan = -1, pid = -1] = line.split(" ").map(Number);
      return [plan, pid];
    });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a pool of processes", () => {
  it("runs units in processes of their own, and tells of each plan", async () => {
    const told: number[] = [];
    const opened = openPool("");
    const results = await Promise.all(
      [0, 1].map(async (unit) => await opened.run({ campaign, unit }, (plan) => void told.push(plan))),
    );
    expect(results).toEqual([0, 1].map((unit) => ({ campaign: campaign.id, unit, lost: [] })));
    expect(told.toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(logged().map(([, pid]) => pid)).not.toContain(process.pid);
    expect(new Set(logged().map(([, pid]) => pid)).size).toBe(2);
  });

  it("gives a process that dies one retry, and goes on where that is enough", async () => {
    const flag = JSON.stringify(join(directory, "died"));
    const opened = openPool(
      `const { existsSync, writeFileSync } = await import("node:fs");
       if (plan === 2 && !existsSync(${flag})) { writeFileSync(${flag}, ""); process.kill(process.pid, "SIGKILL"); }`,
    );
    expect(await opened.run({ campaign, unit: 0 }, () => undefined)).toMatchObject({ lost: [] });
  });

  it("leaves out a plan that a process died of twice, and tells how", async () => {
    const opened = openPool(`if (plan === 2) { console.error("I give up"); process.exit(7); }`);
    expect(await opened.run({ campaign, unit: 0 }, () => undefined)).toMatchObject({
      lost: [{ number: 2, how: "died", why: "exit code 7; it said: I give up" }],
    });
    expect(logged().filter(([plan]) => plan === 2)).toHaveLength(2);
  });

  it("ends a process that stands still, and leaves its plan out", async () => {
    const opened = openPool("if (plan === 1) for (;;);", { planMsMax: 1_000 });
    expect(await opened.run({ campaign, unit: 0 }, () => undefined)).toMatchObject({
      lost: [{ number: 1, how: "hung" }],
    });
    await pool?.close();
    expect(logged().filter(([, pid]) => isAlive(pid))).toEqual([]);
  });

  it("tells what the user can do something about as that, with the plan", async () => {
    const opened = openPool(
      `if (plan === 3) throw Object.assign(new Error("no such client"), { code: "HARNESS_INVALID_CLIENT", number: 3 });`,
    );
    await expect(opened.run({ campaign, unit: 0 }, () => undefined)).rejects.toMatchObject({
      name: "PlanFailure",
      number: 3,
      cause: { name: "HarnessError", code: "HARNESS_INVALID_CLIENT", message: "no such client" },
    });
  });

  it("leaves no process when it is closed, whatever they do", async () => {
    const opened = openPool("if (plan === 1) await new Promise(() => setInterval(() => undefined, 1000));");
    const begun = new Promise<void>((resolve) => {
      opened.run({ campaign, unit: 0 }, (plan) => plan === 1 && resolve()).catch(() => undefined);
    });
    await begun;
    await pool?.close();
    expect(logged().filter(([, pid]) => isAlive(pid))).toEqual([]);
  });
});
