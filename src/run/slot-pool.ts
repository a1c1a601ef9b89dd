import { HarnessError } from "../errors.ts";

/** Things of which there is a fixed number, lent to runs and given back. */
export type SlotPool = {
  /**
   * Resolves with so many slots as soon as they are free, in the order of the requests.
   *
   * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE` where there are not that many at all
   */
  lease(count: number): Promise<SlotLease>;
};

/** Slots that are lent; they are given back once, further calls do nothing. */
export type SlotLease = { readonly slots: readonly number[]; giveBack(): void };

/** Opens a pool of the slots 0 … size-1; `option` names what makes it larger. */
export function createSlotPool(size: number, option: string): SlotPool {
  const free = Array.from({ length: size }, (_, slot) => slot);
  const waiting: { readonly count: number; readonly grant: (slots: readonly number[]) => void }[] = [];

  function grantWaiting(): void {
    for (let first = waiting[0]; first !== undefined && first.count <= free.length; first = waiting[0]) {
      waiting.shift();
      first.grant(free.splice(0, first.count));
    }
  }

  return {
    async lease(count) {
      if (count > size) {
        throw new HarnessError(
          "HARNESS_BACKEND_UNAVAILABLE",
          `The plan has ${count} sessions, and there are ports for ${size}. Give more with ${option}, or take a smaller plan.`,
          { details: { sessions: count, ports: size } },
        );
      }
      const slots = await new Promise<readonly number[]>((grant) => {
        waiting.push({ count, grant });
        grantWaiting();
      });
      let isGivenBack = false;
      return {
        slots,
        giveBack() {
          if (isGivenBack) return;
          isGivenBack = true;
          free.push(...slots);
          grantWaiting();
        },
      };
    },
  };
}
