/** Ends the process with an error that can only be our own bug: for promises that nobody waits for. */
export function crash(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
