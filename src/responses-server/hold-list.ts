import type { Clock } from "../determinism/clock.ts";
import type { ServerMoment } from "./order-book.ts";
import type { ServerEvent } from "./server-event.ts";

/** Something that stands still because an order said so. */
export type Hold = { readonly id: string; readonly moment: ServerMoment };

/** What stands still now. Every hold ends: it is released, its connection ends, or its deadline passes. */
export type HoldList = {
  /** Stands still. Ids are those of the orders; an order that holds several times has one hold each time. */
  wait(
    id: string,
    moment: ServerMoment,
    until: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
  list(): readonly Hold[];
  /** Lets every hold of an order go on; answers how many there were. */
  release(id: string): number;
};

/** How long a hold lasts at most where its order says nothing, in milliseconds. */
export const HOLD_DEADLINE_MS = 60_000;

/** Opens an empty list. */
export function createHoldList(clock: Clock, tell: (event: ServerEvent) => void): HoldList {
  const holds = new Map<Hold, (why: "released") => void>();
  return {
    list: () => [...holds.keys()],
    release(id) {
      const released = [...holds].filter(([hold]) => hold.id === id);
      for (const [, release] of released) release("released");
      return released.length;
    },
    async wait(id, moment, until) {
      if (until.signal.aborted) return;
      const hold: Hold = { id, moment };
      tell({ kind: "held", order: id, moment });
      const why = await new Promise<"released" | "deadline" | "closed">((resolve) => {
        const timer = clock.startTimer(until.deadlineMs, () => finish("deadline"));
        const close = (): void => finish("closed");
        function finish(reason: "released" | "deadline" | "closed"): void {
          timer.cancel();
          until.signal.removeEventListener("abort", close);
          holds.delete(hold);
          resolve(reason);
        }
        holds.set(hold, finish);
        until.signal.addEventListener("abort", close, { once: true });
      });
      tell({ kind: "hold-ended", order: id, why, moment });
    },
  };
}
