import picocolors from "picocolors";

import type { Paint } from "../report/reporter.ts";

/** Colours where the output is a terminal that wants them, and plain text everywhere else (NO_COLOR, FORCE_COLOR). */
export function createPaint(isTerminal: boolean): Paint {
  const colors = picocolors.createColors(isTerminal && picocolors.isColorSupported);
  return {
    good: colors.green,
    bad: colors.red,
    doubtful: colors.yellow,
    strong: colors.bold,
    faint: colors.dim,
  };
}
