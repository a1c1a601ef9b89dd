import type { Clock } from "./clock.ts";

/** Resolves after `delayMs` milliseconds, or at once when `signal` is aborted. It never rejects: look at the signal. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const timer = clock.startTimer(delayMs, finish);
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    }
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** What {@link settleWithin} answers when the deadline came first. */
export const DEADLINE_PASSED: unique symbol = Symbol("deadline passed");

/**
 * Waits for a promise, but at most `deadlineMs` milliseconds.
 *
 * Answers {@link DEADLINE_PASSED} when the deadline came first; what the promise does later, even a rejection, is
 * then ignored.
 */
export async function settleWithin<Value>(
  clock: Clock,
  promise: Promise<Value>,
  deadlineMs: number,
): Promise<Value | typeof DEADLINE_PASSED> {
  return await new Promise((resolve, reject) => {
    const timer = clock.startTimer(deadlineMs, () => resolve(DEADLINE_PASSED));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

/** A promise together with the hands that settle it. */
export type Deferred<Value> = {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
};

/** Opens a promise that somebody else settles; settling it twice does nothing (Node 20 lacks `Promise.withResolvers`). */
export function createDeferred<Value>(): Deferred<Value> {
  let settle: Pick<Deferred<Value>, "resolve" | "reject"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}
