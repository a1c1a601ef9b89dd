import { digestOfText } from "../determinism/stable-json.ts";
import {
  isFunctionCall,
  isFunctionCallOutput,
  isMessage,
  itemsOfInput,
  messageText,
  outputText,
} from "../protocol/items.ts";
import { type JsonObject, objectMember } from "../protocol/json.ts";
import type { EventOf, HistoryEvent } from "./event.ts";
import { operationOfArguments } from "./tool-operations.ts";

type MessageEvent = EventOf<"message">;

/** Finds the edges between the sources of a history. */
export type CauseReader = {
  /**
   * Takes the events in order; the sequence numbers of earlier events of other sources that must have happened first,
   * `undefined` for one that was not seen.
   */
  causesOf(event: HistoryEvent): readonly (number | undefined)[];
};

/** What has been seen so far, by what a later event names. */
type Seen = {
  /** First delivery of a call, by session and operation, and by session and digest of its arguments. */
  readonly calls: Map<string, number>;
  /** Digests of outputs: a client that sends its whole history says each of them again and again. */
  readonly digests: Map<string, string>;
  /** Return of a tool, by session and digest of its output. */
  readonly outputs: Map<string, number>;
  /** Creates without an answer, by connection and lane. */
  readonly unanswered: Map<string, number[]>;
  /** The latest turn of each session. */
  readonly turns: Map<number | undefined, EventOf<"turn-started">>;
  /** What came last over the channel to the client, by session. */
  readonly channel: Map<number | undefined, number>;
};

/**
 * Opens a reader for one history, with the entries of what left its wires (`collectEntries`). The edges are:
 *
 * - the bytes of a frame, or of an end of stream, leave one face before they reach the other;
 * - a tool starts after the first delivery of a call with its arguments, or else of one for its operation;
 * - an output is sent after the tool that it comes from returned;
 * - a create is sent before it is answered, and the words of a user after its turn was begun;
 * - what a client reports, and how it ends its turns, comes over one channel and so in order;
 * - a fault is reached by an event, before it is applied and healed.
 */
export function createCauseReader(entries: ReadonlyMap<HistoryEvent, HistoryEvent>): CauseReader {
  const seen: Seen = {
    calls: new Map(),
    digests: new Map(),
    outputs: new Map(),
    unanswered: new Map(),
    turns: new Map(),
    channel: new Map(),
  };
  return {
    causesOf(event) {
      const entry = entries.get(event);
      if (event.kind === "message" && event.source === "client-face" && event.direction === "to-client") {
        noteDelivery(seen, event, event.body ?? (entry?.kind === "message" ? entry.body : undefined) ?? {});
      }
      const caused = event.kind === "message" ? causesOfMessage(seen, event) : causesOfOther(seen, event);
      if (entry === undefined) return caused;
      return caused.length === 0 ? [entry.sequence] : [entry.sequence, ...caused];
    },
  };
}

function noteDelivery({ calls }: Seen, delivered: MessageEvent, body: JsonObject): void {
  if (delivered.type !== "response.output_item.done" && delivered.type !== "response.completed") return;
  const items = [body["item"], ...itemsOfInput(objectMember(body, "response")?.["output"])];
  for (const call of itemsOfInput(items).filter(isFunctionCall)) {
    for (const name of [operationOfArguments(call.arguments), digestOfText(call.arguments)]) {
      const key = `${delivered.session ?? "?"}/${name ?? ""}`;
      if (name !== undefined && !calls.has(key)) calls.set(key, delivered.sequence);
    }
  }
}

function laneOf({ session, connection, lane }: HistoryEvent): string {
  return `${session ?? "?"}/${connection ?? "?"}/${lane ?? ""}`;
}

function causesOfMessage(seen: Seen, event: MessageEvent): readonly (number | undefined)[] {
  const answers = event.type === "response.created" || event.type === "error";
  if (event.source === "server-face" && answers) {
    const isOfResponse = event.type === "error" && event.responseId !== undefined;
    return isOfResponse ? [] : [seen.unanswered.get(laneOf(event))?.shift()];
  }
  if (event.source !== "client-face" || event.type !== "response.create") return NOTHING;
  const waiting = seen.unanswered.get(laneOf(event));
  if (waiting === undefined) seen.unanswered.set(laneOf(event), [event.sequence]);
  else waiting.push(event.sequence);
  const items = itemsOfInput(event.body?.["input"]);
  const turn = seen.turns.get(event.session);
  const saysTurn = items.some((item) => isMessage(item) && messageText(item).includes(turn?.userText ?? "\u0000"));
  const outputs = items.filter(isFunctionCallOutput).map((output) => digestOf(seen, outputText(output)));
  return [
    saysTurn ? turn?.sequence : undefined,
    ...outputs.map((digest) => seen.outputs.get(`${event.session ?? "?"}/${digest}`)),
  ];
}

function digestOf({ digests }: Seen, text: string): string {
  const known = digests.get(text) ?? digestOfText(text);
  digests.set(text, known);
  return known;
}

function causesOfOther(seen: Seen, event: HistoryEvent): readonly (number | undefined)[] {
  const { session, sequence } = event;
  switch (event.kind) {
    case "turn-started":
      seen.turns.set(session, event);
      return [];
    case "turn-ended":
    case "text":
    case "text-retracted":
    case "error-shown":
    case "gave-up": {
      const last = seen.channel.get(session);
      seen.channel.set(session, sequence);
      return [last];
    }
    case "tool-started":
      return [
        seen.calls.get(`${session ?? "?"}/${event.argumentsDigest}`) ??
          seen.calls.get(`${session ?? "?"}/${event.operation ?? ""}`),
      ];
    case "tool-returned":
      seen.outputs.set(`${session ?? "?"}/${event.outputDigest}`, sequence);
      return [];
    case "fault-reached":
      return [event.by];
    default:
      return NOTHING;
  }
}

const NOTHING: readonly undefined[] = [];
