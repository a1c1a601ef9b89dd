import { createDeferred, resolvesBefore } from "../determinism/waiting.ts";

/** Where the sessions of one fault wait for one another. */
export type SessionBarrier = {
  /** Whether all came: false where one of them left, or the run ended before. */
  arrive(session: number, ending: AbortSignal): Promise<boolean>;
  /** Says that one never comes, so that nobody waits for it; for one that has come it does nothing. */
  leave(session: number): void;
};

/** Lets all go on together when the last one has come. Who is alone waits for nobody, and may come at any time. */
export function openSessionBarrier(sessions: readonly number[]): SessionBarrier {
  const awaited = new Set(sessions);
  const isComplete = createDeferred<boolean>();
  return {
    async arrive(session, ending) {
      awaited.delete(session);
      if (awaited.size === 0) isComplete.resolve(true);
      const isSettled = awaited.size === 0 || (await resolvesBefore(isComplete.promise, ending));
      return isSettled && (await isComplete.promise);
    },
    leave(session) {
      if (sessions.length > 1 && awaited.has(session)) isComplete.resolve(false);
    },
  };
}
