import { type Item, itemsOfInput } from "../protocol/items.ts";
import { textMember } from "../protocol/json.ts";
import type { HistoryEvent } from "./event.ts";
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
  /** The `error` that it was refused with, as it left the server. */
  readonly refusal: MessageEvent | undefined;
};

/** The creates of all sessions, in the order in which they were sent. */
export function collectCreates(
  history: readonly HistoryEvent[],
  responses: readonly ObservedResponse[],
): readonly ObservedCreate[] {
  const byId = new Map(responses.map((response) => [`${response.session}/${response.id}`, response]));
  const byCreate = new Map(responses.map((response) => [response.create.sequence, response]));
  const refusals = collectRefusals(history);
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

/** The errors that answer creates, by the create's sequence number: each refuses the oldest one of its lane. */
function collectRefusals(history: readonly HistoryEvent[]): ReadonlyMap<number, MessageEvent> {
  const refusals = new Map<number, MessageEvent>();
  const unanswered = new Map<string, number[]>();
  for (const event of history) {
    if (event.kind !== "message") continue;
    const lane = `${event.session ?? "?"}/${event.connection ?? "?"}/${event.lane ?? ""}`;
    if (isCreate(event)) unanswered.set(lane, [...(unanswered.get(lane) ?? []), event.sequence]);
    if (event.source !== "server-face" || event.direction !== "to-client") continue;
    const refuses = event.type === "error" && event.responseId === undefined;
    if (!refuses && event.type !== "response.created") continue;
    const create = unanswered.get(lane)?.shift();
    if (refuses && create !== undefined) refusals.set(create, event);
  }
  return refusals;
}
