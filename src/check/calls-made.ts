import type { ReceivedMessage } from "../history/passages.ts";
import { callsOf, type MessageEvent, type ObservedResponse } from "../history/responses.ts";
import { operationOfArguments } from "../history/tool-operations.ts";
import type { Operation } from "./operations.ts";
import { type FunctionCallItem, isFunctionCall, itemsOfInput } from "../protocol/items.ts";

/** The calls that the model made, by session and `call_id`. */
export type CallsMade = {
  /** In how many responses of the session a call of this id stands. */
  timesMade(session: number, callId: string): number;
  /** The message that made the first of them final, as it left the server. */
  firstDone(session: number, callId: string): MessageEvent | undefined;
  /**
   * Whether a fault delivered another call under the id of one that the model made. To the client that is a call to be
   * answered (failures.md INV-09), and to the server there is none: no answer is right for both.
   */
  isForged(session: number, callId: string): boolean;
};

/** Counts the calls of all responses. */
export function callsMade(responses: readonly ObservedResponse[], received: readonly ReceivedMessage[]): CallsMade {
  const made = new Map<string, MessageEvent[]>();
  const said = new Set<string>();
  for (const response of responses) {
    for (const { call, done } of callsOf(response)) {
      const key = `${response.session}/${call.call_id}`;
      said.add(`${key}/${call.arguments}`);
      const known = made.get(key);
      if (known === undefined) made.set(key, [done]);
      else known.push(done);
    }
  }
  const forged = new Set<string>();
  for (const { event, call } of injectedCalls(received)) {
    const key = `${event.session ?? "?"}/${call.call_id}`;
    if (!said.has(`${key}/${call.arguments}`)) forged.add(key);
  }
  return {
    timesMade: (session, callId) => made.get(`${session}/${callId}`)?.length ?? 0,
    firstDone: (session, callId) => made.get(`${session}/${callId}`)?.[0],
    isForged: (session, callId) => forged.has(`${session}/${callId}`),
  };
}

/** The finished calls that a fault put in, and no server said. */
export function injectedCalls(
  received: readonly ReceivedMessage[],
): readonly { readonly event: MessageEvent; readonly call: FunctionCallItem }[] {
  return received.flatMap(({ event, body }) => {
    if (event.altered !== "injected" || event.type !== "response.output_item.done") return [];
    return itemsOfInput([body["item"]])
      .filter(isFunctionCall)
      .map((call) => ({ event, call }));
  });
}

/** A call with arguments of its own that a fault delivered under a known id: to a client it is a call (failures.md INV-09). */
export type ForgedCall = { readonly event: MessageEvent; readonly call: FunctionCallItem };

/** The calls of an operation that a fault delivered and no server said; what repeats a call as it was is none of them. */
export function forgedCallsOf(
  { session, operation, calls }: Pick<Operation, "session" | "operation" | "calls">,
  received: readonly ReceivedMessage[],
): readonly ForgedCall[] {
  const said = new Set(calls.map(({ call }) => `${call.call_id}/${call.arguments}`));
  return injectedCalls(received).filter(({ event, call }) => {
    const isNew = !said.has(`${call.call_id}/${call.arguments}`);
    said.add(`${call.call_id}/${call.arguments}`);
    return isNew && event.session === session && operationOfArguments(call.arguments) === operation;
  });
}
