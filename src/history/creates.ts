import { type Item, itemsOfInput } from "../protocol/items.ts";
import { textMember } from "../protocol/json.ts";
import { isTerminalEventType } from "../protocol/server-events.ts";
import type { HistoryEvent } from "./event.ts";
import type { ReceivedMessage } from "./passages.ts";
import type { MessageEvent, ObservedResponse } from "./responses.ts";

/**
 * One create as the client sent it, whether or not the server took it.
 *
 * A broken client shows in what it asks for, and a server may refuse exactly that.
 */
export type ObservedCreate = {
  readonly session: number;
  readonly connection: number;
  readonly event: MessageEvent;
  readonly input: readonly Item[];
  /** The id that it chains on; undefined where it names none. */
  readonly previousResponseId: string | undefined;
  /** The response of that id; undefined where the session had none. */
  readonly parent: ObservedResponse | undefined;
  /** Closure of the previous response, then the input; undefined where the previous response is not known. */
  readonly effectiveInput: readonly Item[] | undefined;
  /** Whether the response is to outlive its connection; it is unless the client says `store: false`. */
  readonly isStored: boolean;
  /** `generate: false`: it prepares the connection and asks for nothing. */
  readonly isWarmUp: boolean;
  /** The response that the server began for it. */
  readonly response: ObservedResponse | undefined;
  /** The `error` that it was refused with, as it reached the client. */
  readonly refusal: ReceivedMessage | undefined;
};

/** The creates of all sessions, in the order in which they were sent. */
export function collectCreates(
  history: readonly HistoryEvent[],
  {
    responses,
    received,
  }: { readonly responses: readonly ObservedResponse[]; readonly received: readonly ReceivedMessage[] },
): readonly ObservedCreate[] {
  const byId = new Map(responses.map((response) => [`${response.session}/${response.id}`, response]));
  const byCreate = new Map(responses.map((response) => [response.create.sequence, response]));
  const refusals = collectRefusals(history, received);
  return history.flatMap((event) => {
    if (!isCreate(event) || event.session === undefined || event.connection === undefined) return [];
    const previousResponseId = textMember(event.body ?? {}, "previous_response_id");
    const parent = previousResponseId === undefined ? undefined : byId.get(`${event.session}/${previousResponseId}`);
    const input = itemsOfInput(event.body?.["input"]);
    const response = byCreate.get(event.sequence);
    const isKnown = previousResponseId === undefined || parent !== undefined;
    return [
      {
        session: event.session,
        connection: event.connection,
        event,
        input,
        previousResponseId,
        parent,
        effectiveInput: isKnown ? (response?.effectiveInput ?? inputBehind(parent, input)) : undefined,
        isStored: event.body?.["store"] !== false,
        isWarmUp: event.body?.["generate"] === false,
        response,
        refusal: refusals.get(event.sequence),
      },
    ];
  });
}

function inputBehind(parent: ObservedResponse | undefined, input: readonly Item[]): readonly Item[] {
  if (parent === undefined) return input;
  return [...parent.effectiveInput, ...parent.output.map(({ item }) => item), ...input];
}

function isCreate(event: HistoryEvent): event is MessageEvent {
  return event.kind === "message" && event.source === "client-face" && event.type === "response.create";
}

/**
 * The errors that answer creates, by the create's sequence number: each refuses the oldest one of its lane, unless a
 * response is under way there, which it ends.
 */
function collectRefusals(
  history: readonly HistoryEvent[],
  received: readonly ReceivedMessage[],
): ReadonlyMap<number, ReceivedMessage> {
  const refusals = new Map<number, ReceivedMessage>();
  const messages = new Map(received.map((message) => [message.event.sequence, message]));
  const lanes = new Map<string, { readonly unanswered: number[]; isRunning: boolean }>();
  for (const event of history) {
    const message = messages.get(event.sequence);
    if (message === undefined && !isCreate(event)) continue;
    const key = `${event.session ?? "?"}/${event.connection ?? "?"}/${event.lane ?? ""}`;
    const lane = lanes.get(key) ?? { unanswered: [], isRunning: false };
    lanes.set(key, lane);
    if (message === undefined) {
      lane.unanswered.push(event.sequence);
      continue;
    }
    const { type } = message.event;
    const refused = type === "error" && !lane.isRunning ? lane.unanswered.shift() : undefined;
    if (refused !== undefined) refusals.set(refused, message);
    if (type === "response.created") lane.unanswered.shift();
    if (type === "response.created" || isTerminalEventType(type)) lane.isRunning = type === "response.created";
  }
  return refusals;
}
