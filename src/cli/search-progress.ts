import ora from "ora";

import type { Clock } from "../determinism/clock.ts";
import type { CommandContext } from "./command.ts";

/** The live line of a search. */
export type SearchProgress = {
  /** Something came on: a plan began, or a unit ended. */
  tick(): void;
  close(): void;
};

/** How often the line is written anew on a terminal, and how often one is written where there is none, in ms. */
const EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;

/**
 * Opens the live line: rewritten in place on a terminal, a line now and then in a log.
 *
 * @param line What it says now.
 */
export function openProgress(line: () => string, parts: { clock: Clock; context: CommandContext }): SearchProgress {
  const { clock, context } = parts;
  const spinner = ora({ stream: process.stderr, discardStdin: false, text: line() });
  const isLive = spinner.isEnabled;
  const everyMs = isLive ? EVERY_MS : LINE_EVERY_MS;
  let lastMs = clock.nowMs();
  if (isLive) spinner.start();
  return {
    tick() {
      const nowMs = clock.nowMs();
      if (nowMs - lastMs < everyMs) return;
      lastMs = nowMs;
      if (isLive) spinner.text = line();
      else context.note(line());
    },
    close() {
      if (isLive) spinner.stop();
    },
  };
}

/** The line of nothing: for `--quiet`. */
export const NO_PROGRESS: SearchProgress = { tick: () => undefined, close: () => undefined };
