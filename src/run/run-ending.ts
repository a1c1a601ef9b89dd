import type { Clock } from "../determinism/clock.ts";
import { OVER } from "../determinism/waiting.ts";
import type { Recorder } from "../history/recorder.ts";

/** Why a run may have to end before it is over: a limit of its plan, or somebody's Ctrl-C. */
export type RunEnding = {
  /** Aborted when the run has to end now. */
  readonly signal: AbortSignal;
  /** Ends the run for a limit; the first reason is the one that counts. */
  limitReached(limit: string, value: number): void;
  close(): void;
};

/** Starts to watch the time and the signal; whatever ends the run is recorded. */
export function openRunEnding(options: {
  readonly clock: Clock;
  readonly runMs: number;
  readonly signal: AbortSignal | undefined;
  /** The recorder is opened with a limit of its own, so it comes later than this. */
  readonly recorder: () => Recorder;
}): RunEnding {
  const ending = new AbortController();
  const end = (record: () => void): void => {
    if (ending.signal.aborted) return;
    ending.abort(OVER);
    record();
  };
  const limitReached = (limit: string, value: number): void => {
    end(() => options.recorder().record({ source: "harness", kind: "limit-reached", limit, value }));
  };
  const interrupt = (): void => {
    const signal = String(options.signal?.reason);
    end(() => options.recorder().record({ source: "harness", kind: "interrupted", signal }));
  };
  if (options.signal?.aborted === true) interrupt();
  options.signal?.addEventListener("abort", interrupt, { once: true });
  const timer = options.clock.startTimer(options.runMs, () => limitReached("runMs", options.runMs));
  return {
    signal: ending.signal,
    limitReached,
    close() {
      timer.cancel();
      options.signal?.removeEventListener("abort", interrupt);
    },
  };
}
