import { callsOf, type MessageEvent, type ObservedResponse } from "../history/responses.ts";

/** The calls that the model made, by session and `call_id`. */
export type CallsMade = {
  /** In how many responses of the session a call of this id stands. */
  timesMade(session: number, callId: string): number;
  /** The message that made the first of them final, as it left the server. */
  firstDone(session: number, callId: string): MessageEvent | undefined;
};

/** Counts the calls of all responses. */
export function callsMade(responses: readonly ObservedResponse[]): CallsMade {
  const made = new Map<string, MessageEvent[]>();
  for (const response of responses) {
    for (const { call, done } of callsOf(response)) {
      const key = `${response.session}/${call.call_id}`;
      const known = made.get(key);
      if (known === undefined) made.set(key, [done]);
      else known.push(done);
    }
  }
  return {
    timesMade: (session, callId) => made.get(`${session}/${callId}`)?.length ?? 0,
    firstDone: (session, callId) => made.get(`${session}/${callId}`)?.[0],
  };
}
