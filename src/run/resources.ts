/** Things that were opened and have to be closed, whatever happens in between. */
export type Resources = {
  /** Remembers how to close what was just opened. */
  add(close: () => Promise<void> | void): void;
  /**
   * Closes everything, last first. A failure of one does not keep the others open.
   *
   * @throws AggregateError with every failure
   */
  close(): Promise<void>;
};

/** Opens an empty stack of resources. */
export function createResources(): Resources {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => void closers.push(close),
    async close() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).toReversed()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, "not everything could be taken down after the run");
    },
  };
}
