import type { Clock, Timer } from "../../determinism/clock.ts";

/** The wait of one upgrade's answer that is to come late. It happens once. */
export type UpgradeWait = {
  /** Begins it; false where it has been. */
  begin(delayMs: number): boolean;
  /** Ends it, for example because nobody waits for the answer any more. */
  end(): void;
};

/** Opens the wait of one connection; `onOver` is called when it ends. */
export function createUpgradeWait(clock: Clock, onOver: () => void): UpgradeWait {
  let timer: Timer | undefined;
  let hasBegun = false;

  function end(): void {
    if (timer === undefined) return;
    timer.cancel();
    timer = undefined;
    onOver();
  }

  return {
    end,
    begin(delayMs) {
      if (hasBegun) return false;
      hasBegun = true;
      timer = clock.startTimer(delayMs, end);
      return true;
    },
  };
}
