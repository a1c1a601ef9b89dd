import { describe, expect, it } from "vitest";

import type { Clock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import { type Backoff, type BackoffDecision, type BackoffOptions, createBackoff, type Failure } from "./index.ts";

const lost: Failure = { kind: "connection-lost", closeCode: 1006, reason: "", phase: "sent" };
const hinted = (retryAfterMs: number): Failure => ({ kind: "error-frame", error: { message: "slow", retryAfterMs } });

function open(options: BackoffOptions, seed = 1): { backoff: Backoff; at: (nowMs: number) => void } {
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, startTimer: () => ({ cancel: () => undefined }), wallTime: () => "" };
  const backoff = createBackoff({ attemptsMax: 100, turnFailuresMax: 100, ...options })({
    clock,
    random: createRandom(seed),
  });
  return { backoff, at: (time) => void (nowMs = time) };
}

function delays(backoff: Backoff, count: number, failure: Failure = lost): number[] {
  return Array.from({ length: count }, () => delayOf(backoff.failed(failure)));
}

function delayOf(decision: BackoffDecision): number {
  return decision.kind === "retry" ? decision.delayMs : Number.NaN;
}

describe("backoff", () => {
  it("grows by its factor up to its cap", () => {
    const { backoff } = open({ baseMs: 20, capMs: 200, jitter: "none" });
    expect(delays(backoff, 6)).toEqual([20, 40, 80, 160, 200, 200]);
  });

  it("starts again after a completed response, and after nothing else", () => {
    const { backoff } = open({ baseMs: 20, jitter: "none" });
    expect(delays(backoff, 2)).toEqual([20, 40]);
    backoff.connected();
    backoff.turnStarted();
    expect(delays(backoff, 1)).toEqual([80]);
    backoff.completed();
    expect(delays(backoff, 1)).toEqual([20]);
  });

  it("spreads over the whole window with full jitter and over its upper half with equal jitter", () => {
    const first = (jitter: "full" | "equal"): number[] =>
      Array.from({ length: 200 }, (_, seed) => delays(open({ baseMs: 100, jitter }, seed).backoff, 1)[0] ?? Number.NaN);
    const full = first("full");
    expect([Math.min(...full) < 20, Math.max(...full) > 80, Math.max(...full) <= 100]).toEqual([true, true, true]);
    const equal = first("equal");
    expect([Math.min(...equal) >= 50, Math.min(...equal) < 60, Math.max(...equal) > 90]).toEqual([true, true, true]);
  });

  it("does not ask an overloaded server again at once", () => {
    const overload: Failure = { kind: "connection-lost", closeCode: 1013, reason: "", phase: "sent" };
    const all = Array.from({ length: 100 }, (_, seed) => delays(open({ baseMs: 100 }, seed).backoff, 1, overload)[0]);
    expect(all.every((delay) => delay !== undefined && delay >= 50 && delay <= 100)).toBe(true);
  });

  it("waits at least as long as the server asks, at most twice as long, and not longer than a second more", () => {
    for (const hintMs of [10, 900, 30_000]) {
      const [delay = 0] = delays(open({ baseMs: 20 }).backoff, 1, hinted(hintMs));
      expect(delay).toBeGreaterThanOrEqual(hintMs);
      expect(delay).toBeLessThanOrEqual(hintMs + Math.min(hintMs, 1_000));
    }
  });

  it("holds the next turn back until the time that the server asked for", () => {
    const { backoff, at } = open({ attemptsMax: 1 });
    expect(backoff.failed(hinted(5_000)).kind).toBe("give-up");
    at(2_000);
    expect(backoff.turnStarted()).toBe(3_000);
    at(6_000);
    expect(backoff.turnStarted()).toBe(0);
  });

  it("gives up after so many failures in a row, and grants the next turn as many", () => {
    const { backoff } = open({ attemptsMax: 3 });
    const kinds = (): string[] => Array.from({ length: 3 }, () => backoff.failed(lost).kind);
    expect(kinds()).toEqual(["retry", "retry", "give-up"]);
    backoff.turnStarted();
    expect(kinds()).toEqual(["retry", "retry", "give-up"]);
  });

  it("gives up where the wait asked for is unreasonable", () => {
    expect(open({}).backoff.failed(hinted(60_001)).kind).toBe("give-up");
    expect(open({}).backoff.failed(hinted(60_000)).kind).toBe("retry");
  });
});
