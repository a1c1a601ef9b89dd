import { describe, expect, it } from "vitest";

import { runUntilDecided } from "./decided-run.ts";
import type { RunResult } from "./judged-run.ts";
import { resultOf } from "./reproduction-fixture.test-support.ts";

/** A run on a machine that made the harness this late. */
function lateBy(maxMs: number, result: RunResult): RunResult {
  const event = {
    source: "harness",
    kind: "event-loop-delay",
    maxMs,
    sequence: 0,
    sourceSequence: 0,
    atMs: 1,
  } as const;
  return { ...result, record: { ...result.record, history: [event] } };
}

const BUSY = lateBy(400, resultOf({ "INV-31": "unknown" }));
const CLEAN = resultOf({ "INV-31": "holds" });

async function decide(times: number, ...results: readonly RunResult[]): Promise<{ attempt: number; runs: number }> {
  let runs = 0;
  const { attempt } = await runUntilDecided(times, async (index) => {
    runs += 1;
    return results[index] ?? CLEAN;
  });
  return { attempt, runs };
}

describe("a run that a busy machine left undecided", () => {
  it("is run again until one is decided", async () => {
    expect(await decide(3, BUSY, BUSY, CLEAN)).toEqual({ attempt: 2, runs: 3 });
    expect(await decide(3, BUSY, resultOf({ "INV-31": "violated" }))).toEqual({ attempt: 1, runs: 2 });
    expect(await decide(3, lateBy(400, resultOf({ "INV-31": "holds" }, { fault: "missed" })))).toMatchObject({
      attempt: 1,
    });
  });

  it("stays undecided where each of them was", async () => {
    expect(await decide(2, BUSY, BUSY, BUSY, CLEAN)).toEqual({ attempt: 0, runs: 3 });
    expect(await decide(0, BUSY)).toEqual({ attempt: 0, runs: 1 });
  });

  it("is not run again where the machine was not to blame, something was violated, or it was interrupted", async () => {
    expect(await decide(3, lateBy(40, resultOf({ "INV-31": "unknown" })))).toMatchObject({ runs: 1 });
    expect(await decide(3, lateBy(400, resultOf({ "INV-31": "violated", "INV-32": "unknown" })))).toMatchObject({
      runs: 1,
    });
    expect(await decide(3, lateBy(400, resultOf({ "INV-31": "unknown" }, { interrupted: true })))).toMatchObject({
      runs: 1,
    });
    expect(await decide(3, CLEAN)).toMatchObject({ runs: 1 });
  });
});
