/** What starting and taking down a run may take besides the time that its plan allows, in ms. */
export const AROUND_RUN_MS = 30_000;

/**
 * What a test fails with. The words are all that there is to see: where in cutwire they were put together helps nobody.
 */
export function failureOf(name: "PromiseBroken" | "Undecided", lines: readonly string[]): Error {
  const failure = new Error(lines.join("\n"));
  failure.name = name;
  failure.stack = `${name}: ${failure.message}`;
  return failure;
}
