import type { Clock } from "./clock.ts";

/**
 * The reason of a signal that nobody asks for its reason. Node would make an error with its stack where none is given,
 * which takes longer than everything else that an aborted signal sets off.
 */
export const OVER: string = "over";

/** Whom a signal tells when it is aborted; it has one listener of its own for all of them. */
const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when a signal is aborted, unless it was told not to; to be told by a signal itself takes much longer. */
function whenAborted(signal: AbortSignal, callback: () => void): void {
  const known = listenersOf.get(signal);
  if (known !== undefined) {
    known.add(callback);
    return;
  }
  const listeners = new Set([callback]);
  listenersOf.set(signal, listeners);
  const tellAll = (): void => {
    for (const listener of listeners) listener();
  };
  signal.addEventListener("abort", tellAll, { once: true });
}

/** Resolves after `delayMs` milliseconds, or at once when `signal` is aborted. It never rejects: look at the signal. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const timer = clock.startTimer(delayMs, finish);
    function finish(): void {
      timer.cancel();
      if (signal !== undefined) listenersOf.get(signal)?.delete(finish);
      resolve();
    }
    if (signal !== undefined) whenAborted(signal, finish);
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

/** Whether a promise resolves before the signal is aborted; rejects where the promise does, as long as that is asked. */
export async function resolvesBefore(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const aborted = createDeferred<false>();
  const abort = (): void => aborted.resolve(false);
  signal.addEventListener("abort", abort, { once: true });
  const isResolved = await Promise.race([promise.then(() => true), aborted.promise]);
  signal.removeEventListener("abort", abort);
  return isResolved;
}
