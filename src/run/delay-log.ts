import type { Clock, Timer } from "../determinism/clock.ts";
import { openEventLoopDelay } from "../determinism/event-loop-delay.ts";
import type { Recorder } from "../history/recorder.ts";

/** Writes down how late the harness itself is, while it runs. */
export type DelayLog = {
  /** Records what was measured last and stops. Again: does nothing. */
  close(): void;
};

/** How often it is written down: a busy start must not take the edge off what is judged seconds later. */
const EVERY_MS = 250;

/**
 * Starts to measure; from now on each `event-loop-delay` tells of the time since the one before it.
 *
 * @param isMeasured false in virtual time, where nothing is ever late: one event at the end says so.
 */
export function openDelayLog(clock: Clock, recorder: Recorder, isMeasured: boolean): DelayLog {
  if (!isMeasured) return openLogOfNoDelay(recorder);
  const delay = openEventLoopDelay();
  let timer: Timer | undefined = clock.startTimer(EVERY_MS, log);

  function note(): void {
    recorder.record({ source: "harness", kind: "event-loop-delay", maxMs: Math.round(delay.takeMaxMs() * 100) / 100 });
  }
  function log(): void {
    note();
    timer = clock.startTimer(EVERY_MS, log);
  }

  return {
    close() {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      note();
      delay.close();
    },
  };
}

function openLogOfNoDelay(recorder: Recorder): DelayLog {
  let isOpen = true;
  return {
    close() {
      if (isOpen) recorder.record({ source: "harness", kind: "event-loop-delay", maxMs: 0 });
      isOpen = false;
    },
  };
}
