import { type FunctionCallItem, isFunctionCall, type Item, itemsOfInput } from "../protocol/items.ts";
import { type JsonObject, objectMember, textMember } from "../protocol/json.ts";
import type { EventOf, HistoryEvent } from "./event.ts";

/** A message as a face saw it. */
export type MessageEvent = EventOf<"message">;

/**
 * One response of a session, put together from what went over its wires.
 *
 * Output items are the ones that left the server; whether a client received them is another question.
 */
export type ObservedResponse = {
  readonly session: number;
  readonly connection: number;
  readonly id: string;
  /** The create that it answers, as the client sent it. */
  readonly create: MessageEvent;
  /** Closure of `previous_response_id`, then the input: what the model saw (failures.md §0). */
  readonly effectiveInput: readonly Item[];
  /** `response.created`, as it left the server. */
  readonly created: MessageEvent;
  /** Final items with the message that made them final, in order. */
  readonly output: readonly { readonly item: Item; readonly done: MessageEvent }[];
  /** `response.completed`, as it left the server. */
  readonly completed: MessageEvent | undefined;
  /** `response.completed`, as it reached the client. */
  readonly completedDelivered: MessageEvent | undefined;
};

type OpenResponse = {
  -readonly [Key in keyof ObservedResponse]: Key extends "output"
    ? { item: Item; done: MessageEvent }[]
    : ObservedResponse[Key];
};

/** Puts together the responses of all sessions, in the order in which the server accepted their creates. */
export function collectResponses(history: readonly HistoryEvent[]): readonly ObservedResponse[] {
  const responses = new Map<string, OpenResponse>();
  const unanswered = new Map<string, MessageEvent[]>();
  for (const event of history) {
    if (event.kind !== "message") continue;
    if (event.source === "client-face" && event.direction === "to-server") takeCreate(event, unanswered);
    if (event.source === "server-face" && event.direction === "to-client") takeAnswer(event, unanswered, responses);
    if (event.source === "client-face" && event.type === "response.completed") {
      const response = responses.get(keyOf(event.session, event.responseId));
      if (response !== undefined) response.completedDelivered ??= event;
    }
  }
  return [...responses.values()];
}

/** The function calls that a response asked for, with the message that made each final. */
export function callsOf(
  response: ObservedResponse,
): readonly { readonly call: FunctionCallItem; readonly done: MessageEvent }[] {
  return response.output.flatMap(({ item, done }) => (isFunctionCall(item) ? [{ call: item, done }] : []));
}

function keyOf(session: number | undefined, responseId: string | undefined): string {
  return `${session ?? "?"}/${responseId ?? "?"}`;
}

function laneKey(event: MessageEvent): string {
  return `${event.session ?? "?"}/${event.connection ?? "?"}/${event.lane ?? ""}`;
}

function takeCreate(event: MessageEvent, unanswered: Map<string, MessageEvent[]>): void {
  // A create that a fault took away never reached the server, so nothing answers it.
  if (event.type !== "response.create" || event.altered === "dropped") return;
  const queue = unanswered.get(laneKey(event)) ?? [];
  queue.push(event);
  unanswered.set(laneKey(event), queue);
}

function takeAnswer(
  event: MessageEvent,
  unanswered: Map<string, MessageEvent[]>,
  responses: Map<string, OpenResponse>,
): void {
  if (event.type === "response.created") {
    const create = unanswered.get(laneKey(event))?.shift();
    const response = create === undefined ? undefined : openResponse(event, create, responses);
    if (response !== undefined) responses.set(keyOf(response.session, response.id), response);
    return;
  }
  const response = responses.get(keyOf(event.session, event.responseId));
  if (event.type === "error" && response === undefined) unanswered.get(laneKey(event))?.shift();
  if (response === undefined) return;
  if (event.type === "response.output_item.done") takeItem(response, event);
  if (event.type === "response.completed") takeCompleted(response, event);
}

function openResponse(
  created: MessageEvent,
  create: MessageEvent,
  responses: ReadonlyMap<string, OpenResponse>,
): OpenResponse | undefined {
  const { session, connection, responseId: id } = created;
  if (session === undefined || connection === undefined || id === undefined) return undefined;
  const body: JsonObject = create.body ?? {};
  const parent = responses.get(keyOf(session, textMember(body, "previous_response_id")));
  const inherited = parent === undefined ? [] : [...parent.effectiveInput, ...parent.output.map(({ item }) => item)];
  const effectiveInput = [...inherited, ...itemsOfInput(body["input"])];
  return {
    session,
    connection,
    id,
    create,
    effectiveInput,
    created,
    output: [],
    completed: undefined,
    completedDelivered: undefined,
  };
}

function takeItem(response: OpenResponse, event: MessageEvent): void {
  const item = itemsOfInput([event.body?.["item"]])[0];
  if (item === undefined) return;
  if (!isKnown(response, item)) response.output.push({ item, done: event });
}

function takeCompleted(response: OpenResponse, event: MessageEvent): void {
  response.completed = event;
  // Done items are authoritative; the terminal snapshot fills the gaps where a server left some out (B21).
  const wasEmpty = response.output.length === 0;
  for (const item of itemsOfInput(objectMember(event.body ?? {}, "response")?.["output"])) {
    // Beside others, what has no id cannot be told from what was done already.
    const isNew = wasEmpty || idsOf(item).length > 0;
    if (isNew && !isKnown(response, item)) response.output.push({ item, done: event });
  }
}

/** Whether a response holds an item already: one of its kind that has its id, or for a call its call id. */
function isKnown({ output }: OpenResponse, item: Item): boolean {
  const ids = idsOf(item);
  return output.some(({ item: known }) => known.type === item.type && idsOf(known).some((id) => ids.includes(id)));
}

function idsOf(item: Item): readonly string[] {
  const callId = isFunctionCall(item) ? [`call ${item.call_id}`] : [];
  return "id" in item && typeof item.id === "string" ? [`item ${item.id}`, ...callId] : callId;
}
