import { performance } from "node:perf_hooks";

/** How late the timers of this process are; a timing rule is no sharper than that. */
export type EventLoopDelay = {
  /** The worst delay since the last call, or since it was opened, in ms; a block that is just ending counts already. */
  takeMaxMs(): number;
  close(): void;
};

const EVERY_MS = 10;

/**
 * Starts to measure.
 *
 * Node's own histogram of delays skips what comes right behind a reset, and that may be the worst of all.
 */
export function openEventLoopDelay(): EventLoopDelay {
  let lastMs = performance.now();
  let maxMs = 0;
  function look(): void {
    const nowMs = performance.now();
    maxMs = Math.max(maxMs, nowMs - lastMs - EVERY_MS);
    lastMs = nowMs;
  }
  const timer = setInterval(look, EVERY_MS).unref();
  return {
    takeMaxMs() {
      look();
      const takenMs = maxMs;
      maxMs = 0;
      return takenMs;
    },
    close: () => clearInterval(timer),
  };
}
