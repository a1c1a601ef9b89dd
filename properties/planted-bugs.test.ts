import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHarness } from "cutwire";
import {
  type AgentPromise,
  type BrokenPromise,
  checkPromise,
  noResultLost,
  sessionRecovers,
  toolEffectsAtMostOnce,
} from "cutwire/properties";
import { afterAll, describe, expect, it } from "vitest";

/** Each planted bug, the rule that it is there for, and the promise that stands on it. */
const PLANTED_BUGS: readonly (readonly [client: string, rule: string, promise: AgentPromise])[] = [
  ["planted:M01", "INV-04", noResultLost],
  ["planted:M03", "INV-12", sessionRecovers],
  ["planted:M08", "INV-01", toolEffectsAtMostOnce],
  ["planted:M09", "INV-03", noResultLost],
  ["planted:M13", "INV-22", sessionRecovers],
];
const RUNS_MAX = 300;
const SEED = Number(process.env["HARNESS_SEED"] ?? 3);
const CLI = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const directory = mkdtempSync(join(tmpdir(), "cutwire-planted-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Checks the promise by one of its rules alone, so that no other convicts the client before. */
async function convict(client: string, rule: string, promise: AgentPromise): Promise<BrokenPromise> {
  const { broken, tally } = await checkPromise(
    { ...promise, rules: promise.rules.filter((own) => own === rule) },
    {
      harness: createHarness(),
      client: { name: client },
      runs: RUNS_MAX,
      seed: SEED,
      directory,
      shrinkMs: 1_000,
      confirm: 1,
    },
  );
  if (broken === undefined) throw new Error(`${client} kept ${rule} in ${tally.runs} runs with seed ${SEED}`);
  console.log(`${client}: ${rule} after ${tally.runs} runs with seed ${SEED}`);
  return broken;
}

describe("a planted bug", () => {
  it.each(PLANTED_BUGS)("%s is convicted of its own rule, %s, by generated plans", async (client, rule, promise) => {
    const { verdict, plan } = await convict(client, rule, promise);
    expect(verdict.rule).toBe(rule);
    expect(verdict.evidence.length).toBeGreaterThan(0);
    expect(plan.faults.length).toBeGreaterThan(0);
  });

  it("planted:M11 is convicted of INV-02, and is there again with the command that is printed", async () => {
    const { verdict, confirmations, reproduction, replayCommand } = await convict(
      "planted:M11",
      "INV-02",
      toolEffectsAtMostOnce,
    );
    expect(verdict.rule).toBe("INV-02");
    expect(confirmations).toContainEqual({ rule: "INV-02", violatedRuns: expect.any(Number), runs: 2 });
    expect(replayCommand).toBe(`npx cutwire replay ${reproduction}`);
    const failed = await replay(reproduction, "--confirm", "1");
    expect(failed.output).toMatch(/^reproduced\n {2}INV-02: violated in [12] of 2\n/);
    expect(failed.code).toBe(1);
    const fixed = await replay(reproduction, "--client", "reference", "--confirm", "0");
    expect(fixed.output).toMatch(/^fixed: /);
    expect(fixed.code).toBe(0);
  });
});

async function replay(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [CLI, "replay", ...args, "--out", directory], (error, output) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output }),
    );
  });
}
