/** Lets many in together, or one alone, in the order in which they came. */
export type SharedLock = {
  /** Resolves when it is this one's turn; the answer gives it back, once. */
  take(isAlone: boolean): Promise<() => void>;
};

/** Opens a lock that nobody has. */
export function createSharedLock(): SharedLock {
  const waiting: { readonly isAlone: boolean; readonly enter: () => void }[] = [];
  let inside = 0;
  let isAloneInside = false;

  function letIn(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (isAloneInside || (next.isAlone && inside > 0)) return;
      waiting.shift();
      inside += 1;
      isAloneInside = next.isAlone;
      next.enter();
    }
  }

  return {
    async take(isAlone) {
      await new Promise<void>((enter) => {
        waiting.push({ isAlone, enter });
        letIn();
      });
      let isGivenBack = false;
      return () => {
        if (isGivenBack) return;
        isGivenBack = true;
        inside -= 1;
        isAloneInside = false;
        letIn();
      };
    },
  };
}
