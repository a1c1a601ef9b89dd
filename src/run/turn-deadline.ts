import type { Clock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { Contract } from "../plan/contract.ts";

/**
 * When a turn is overdue (INV-23).
 *
 * The time counts from the last thing that was not the client's doing: the start of the turn, a fault that struck or
 * healed, the end of a wait that the server asked for, a tool that returned. While a tool works it stands still.
 */
export type TurnDeadline = {
  /** `waitMs`: how long the client was asked to wait, which it may do before it goes on; 0 where absent. */
  disturb(waitMs?: number): void;
  toolStarted(): void;
  toolReturned(): void;
  /** Resolves when the turn is overdue, or the signal was aborted. */
  passed(signal: AbortSignal): Promise<void>;
};

/** How long a turn may go on undisturbed: the client has to notice a dead peer first, and then to recover. */
export function turnAllowanceMs(contract: Contract): number {
  return contract.idleDeadlineMs + contract.recoveryDeadlineMs;
}

/** Opens the deadline of a session's turns. */
export function createTurnDeadline(clock: Clock, allowanceMs: number): TurnDeadline {
  let disturbedMs = clock.nowMs();
  let toolsAtWork = 0;
  const disturb = (waitMs = 0): void => {
    disturbedMs = Math.max(disturbedMs, clock.nowMs() + waitMs);
  };
  return {
    disturb,
    toolStarted() {
      toolsAtWork += 1;
    },
    toolReturned() {
      toolsAtWork -= 1;
      disturb();
    },
    async passed(signal) {
      disturb();
      while (!signal.aborted) {
        if (toolsAtWork > 0) disturb();
        const leftMs = disturbedMs + allowanceMs - clock.nowMs();
        if (leftMs <= 0) return;
        await sleep(clock, leftMs, signal);
      }
    },
  };
}
