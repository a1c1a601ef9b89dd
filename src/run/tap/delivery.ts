import type { Clock, Timer } from "../../determinism/clock.ts";

/**
 * Knows how far a direction of a connection was delivered: how many bytes the kernel of the far end's side took.
 *
 * That confirmation is exact for FIN at any size, and for RST while at most 64 KiB are unread (DESIGN §3).
 */
export type Delivery = {
  /** The kernel took everything up to this offset. */
  advance(offset: number): void;
  /** Calls back once the offset was delivered, or once the deadline passed, or the connection was gone before. */
  when(offset: number, callbacks: { readonly delivered: () => void; readonly missed: (why: string) => void }): void;
  /** The connection is gone: nothing more will be delivered. */
  close(): void;
};

type Waiter = {
  readonly offset: number;
  readonly timer: Timer;
  readonly delivered: () => void;
  readonly missed: (why: string) => void;
};

/** Opens the delivery of one direction; a confirmation that takes longer than `deadlineMs` counts as missed. */
export function createDelivery(clock: Clock, deadlineMs: number): Delivery {
  let delivered = -1;
  let waiters: Waiter[] = [];
  const settle = (waiter: Waiter, act: () => void): void => {
    waiters = waiters.filter((other) => other !== waiter);
    waiter.timer.cancel();
    act();
  };
  return {
    advance(offset) {
      delivered = Math.max(delivered, offset);
      for (const waiter of waiters.filter((candidate) => candidate.offset <= delivered))
        settle(waiter, waiter.delivered);
    },
    when(offset, callbacks) {
      if (offset <= delivered) {
        callbacks.delivered();
        return;
      }
      const timer = clock.startTimer(deadlineMs, () => {
        settle(waiter, () => waiter.missed(`its delivery was not confirmed within ${deadlineMs} ms`));
      });
      const waiter: Waiter = { offset, timer, ...callbacks };
      waiters.push(waiter);
    },
    close() {
      for (const waiter of waiters)
        settle(waiter, () => waiter.missed("the connection was gone before its delivery was confirmed"));
    },
  };
}
