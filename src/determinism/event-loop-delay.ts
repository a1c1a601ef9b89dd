import { monitorEventLoopDelay } from "node:perf_hooks";

/** How late the timers of this process are; a timing rule is no sharper than that. */
export type EventLoopDelay = {
  /** The worst delay since it was opened, in ms. */
  maxMs(): number;
  close(): void;
};

const RESOLUTION_MS = 10;

/** Starts to measure. */
export function openEventLoopDelay(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    // The histogram counts in nanoseconds and from the timer's own period.
    maxMs: () => Math.max(0, histogram.max / 1e6 - RESOLUTION_MS),
    close: () => void histogram.disable(),
  };
}
