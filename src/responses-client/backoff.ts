import { type Failure, retryAfterMsOf, statedError } from "./failure.ts";
import type { Policy } from "./policy-context.ts";

/** What {@link createBackoff} can be told. */
export type BackoffOptions = {
  /** Upper end of the first delay in milliseconds; 500 where absent. */
  readonly baseMs?: number;
  /** Growth from one failure to the next; 2 where absent. */
  readonly factor?: number;
  /** Upper end of every delay in milliseconds; 8_000 where absent. */
  readonly capMs?: number;
  /** `none`: the upper end itself; `equal`: its upper half; `full` (where absent): anything from 0. */
  readonly jitter?: "none" | "equal" | "full";
  /** How many attempts in a row may fail before a turn gives up; 6 where absent. */
  readonly attemptsMax?: number;
  /** How many attempts may fail in one turn altogether, successes in between or not; 20 where absent. */
  readonly turnFailuresMax?: number;
  /** A longer wait asked for by the server ends the turn at once; 60_000 ms where absent. */
  readonly retryAfterMsMax?: number;
};

/** What to do after a failed attempt. */
export type BackoffDecision =
  { readonly kind: "retry"; readonly delayMs: number } | { readonly kind: "give-up"; readonly why: string };

/** Decides when to try again, and when not to any more. */
export type Backoff = {
  /** A turn begins, with a budget of its own. Answers how many milliseconds its first attempt has to wait. */
  turnStarted(): number;
  /** A connection was opened. It says nothing about success: many servers accept first and refuse later (INV-33). */
  connected(): void;
  /** A response completed. */
  completed(): void;
  /** An attempt failed, or a connection was lost while no request ran. */
  failed(failure: Failure): BackoffDecision;
};

/**
 * Exponential backoff: the delay after the n-th failure in a row lies below `min(capMs, baseMs · factor^(n−1))`.
 *
 * The row ends with a completed response alone. A server's Retry-After replaces the delay, with up to one second of
 * jitter on top, and also holds back the next turn (INV-31 to INV-35).
 */
export function createBackoff(options: BackoffOptions = {}): Policy<Backoff> {
  const { attemptsMax = 6, turnFailuresMax = 20, retryAfterMsMax = 60_000 } = options;
  return ({ clock, random }) => {
    let failuresInRow = 0;
    let turnFailuresInRow = 0;
    let turnFailures = 0;
    let hintEndsAtMs = Number.NEGATIVE_INFINITY;
    return {
      turnStarted() {
        turnFailuresInRow = 0;
        turnFailures = 0;
        return Math.max(0, hintEndsAtMs - clock.nowMs());
      },
      connected() {
        // Nothing: see the interface.
      },
      completed() {
        failuresInRow = 0;
        turnFailuresInRow = 0;
      },
      failed(failure) {
        failuresInRow += 1;
        turnFailuresInRow += 1;
        turnFailures += 1;
        const hintMs = retryAfterMsOf(failure);
        if (hintMs !== undefined && hintMs > retryAfterMsMax) {
          return { kind: "give-up", why: `the server asked to wait ${hintMs} ms` };
        }
        if (hintMs !== undefined) hintEndsAtMs = clock.nowMs() + hintMs;
        if (turnFailuresInRow >= attemptsMax) return { kind: "give-up", why: `${turnFailuresInRow} attempts failed` };
        if (turnFailures >= turnFailuresMax) {
          return { kind: "give-up", why: `${turnFailures} attempts of this turn failed` };
        }
        if (hintMs !== undefined) return { kind: "retry", delayMs: hintMs + random.ratio() * Math.min(hintMs, 1_000) };
        return { kind: "retry", delayMs: windowMs(options, failuresInRow) * share(options, failure, random.ratio()) };
      },
    };
  };
}

function windowMs(options: BackoffOptions, failuresInRow: number): number {
  const { baseMs = 500, factor = 2, capMs = 8_000 } = options;
  return Math.min(capMs, baseMs * factor ** (failuresInRow - 1));
}

function share(options: BackoffOptions, failure: Failure, ratio: number): number {
  const { jitter = "full" } = options;
  if (jitter === "none") return 1;
  // A server that says it is overloaded is never asked again at once (INV-29, "retry with a floor").
  return jitter === "equal" || isOverload(failure) ? 0.5 + ratio / 2 : ratio;
}

function isOverload(failure: Failure): boolean {
  if (failure.kind === "connection-lost") return failure.closeCode === 1013;
  const error = statedError(failure);
  return error?.status === 503 || error?.code === "server_is_overloaded" || error?.code === "slow_down";
}
