import type { Paint } from "../report/reporter.ts";

/** What a command is given by its surroundings. */
export type CommandContext = {
  /** The folder that relative paths start from. */
  readonly directory: string;
  readonly paint: Paint;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line about progress to standard error. */
  readonly note: (text: string) => void;
  /** Aborted by Ctrl-C; its reason is the signal's name. */
  readonly signal: AbortSignal;
};

/** One command of the command line. */
export type Command = {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints; it teaches by example. */
  readonly help: string;
  /** Runs with the arguments behind the command's name, and answers the exit code. */
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>;
};

/** Exit codes that are not about a verdict (DESIGN §3). */
export const EXIT_WRONG_USE = 3;
/** The harness itself failed: a bug of ours. */
export const EXIT_HARNESS_FAILED = 4;
/** Ended by Ctrl-C; what was found until then is kept. */
export const EXIT_INTERRUPTED = 130;
