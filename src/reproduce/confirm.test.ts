import { describe, expect, it } from "vitest";

import { confirmViolations } from "./confirm.ts";
import type { RunResult } from "./judged-run.ts";
import { resultOf } from "./reproduction-fixture.test-support.ts";

const VIOLATED = resultOf({ "INV-02": "violated", "INV-03": "violated", "INV-24": "holds" });
const HALF = resultOf({ "INV-02": "holds", "INV-03": "violated", "INV-24": "violated" });
const CLEAN = resultOf({ "INV-02": "holds", "INV-03": "holds" });

async function confirm(
  first: RunResult,
  times: number,
  further: readonly RunResult[],
): Promise<{ readonly counts: Awaited<ReturnType<typeof confirmViolations>>; readonly attempts: readonly number[] }> {
  const attempts: number[] = [];
  const counts = await confirmViolations(first, times, async (attempt) => {
    attempts.push(attempt);
    return further[attempt - 1] ?? CLEAN;
  });
  return { counts, attempts };
}

describe("confirming violations", () => {
  it("counts each rule of the first run over all runs, and no other rule", async () => {
    const { counts, attempts } = await confirm(VIOLATED, 3, [HALF, VIOLATED, CLEAN]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(counts).toEqual([
      { rule: "INV-02", violatedRuns: 2, runs: 4 },
      { rule: "INV-03", violatedRuns: 3, runs: 4 },
    ]);
  });

  it("runs nothing again where nothing was violated, or where no run was asked for", async () => {
    expect(await confirm(CLEAN, 3, [])).toEqual({ counts: [], attempts: [] });
    expect(await confirm(VIOLATED, 0, [])).toMatchObject({
      counts: [
        { violatedRuns: 1, runs: 1 },
        { violatedRuns: 1, runs: 1 },
      ],
      attempts: [],
    });
  });

  it("stops at a run that was interrupted, and does not count it", async () => {
    const cutShort = resultOf({ "INV-02": "unknown" }, { interrupted: true });
    const { counts, attempts } = await confirm(VIOLATED, 3, [cutShort]);
    expect(attempts).toEqual([1]);
    expect(counts).toMatchObject([
      { rule: "INV-02", violatedRuns: 1, runs: 1 },
      { rule: "INV-03", violatedRuns: 1, runs: 1 },
    ]);
  });

  it("does not begin where the first run was interrupted", async () => {
    const cutShort = resultOf({ "INV-02": "violated" }, { interrupted: true });
    expect((await confirm(cutShort, 3, [])).attempts).toEqual([]);
  });
});
