import { HarnessError, messageOf } from "../errors.ts";

/**
 * What a command says of an error that ended it: the message and code of a `HarnessError`, which the user can do
 * something about, and the stack of anything else, which is a bug of ours.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof HarnessError) return `${error.message}\n(${error.code})`;
  const stack = error instanceof Error ? error.stack : undefined;
  return `cutwire itself failed: ${stack ?? messageOf(error)}\nThis is a bug of cutwire; please report it.`;
}
