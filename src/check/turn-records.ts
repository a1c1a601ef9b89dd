import type { ObservedCreate } from "../history/creates.ts";
import type { EventOf, HistoryEvent } from "../history/event.ts";
import type { ReceivedMessage } from "../history/passages.ts";
import type { ObservedResponse } from "../history/responses.ts";
import type { ObservedTurn } from "../history/turns.ts";
import { isMessage, messageText } from "../protocol/items.ts";
import { textMember } from "../protocol/json.ts";
import type { CheckContext } from "./checker.ts";

/** A turn with what the client asked for in it, and what its user saw. */
export type TurnRecord = {
  readonly turn: ObservedTurn;
  readonly creates: readonly ObservedCreate[];
  /** The text that stands after the last time that text was taken back. */
  readonly shown: string;
  /** The events that show it. */
  readonly texts: readonly EventOf<"text">[];
};

type OpenRecord = { turn: ObservedTurn; creates: ObservedCreate[]; shown: string; texts: EventOf<"text">[] };

/** The turns of all sessions, each with what came between its beginning and its end, or the next turn. */
export function collectTurnRecords({ history, turns, creates }: CheckContext): readonly TurnRecord[] {
  const turnsByStart = new Map(turns.map((turn) => [turn.started.sequence, turn]));
  const createsByEvent = new Map(creates.map((create) => [create.event.sequence, create]));
  const open = new Map<number, OpenRecord>();
  const records: OpenRecord[] = [];
  for (const event of history) {
    const turn = turnsByStart.get(event.sequence);
    if (turn !== undefined) {
      const record: OpenRecord = { turn, creates: [], shown: "", texts: [] };
      open.set(turn.session, record);
      records.push(record);
    }
    const record = open.get(event.session ?? -1);
    if (record !== undefined) takeEvent(record, event, createsByEvent.get(event.sequence));
  }
  return records;
}

function takeEvent(record: OpenRecord, event: HistoryEvent, create: ObservedCreate | undefined): void {
  if (create !== undefined) record.creates.push(create);
  if (event.kind === "text-retracted") {
    record.shown = "";
    record.texts = [];
  }
  if (event.kind === "text") {
    record.shown += event.text;
    record.texts.push(event);
  }
}

/** The text of a response as it was finished: that of all its messages. */
export function finalTextOf({ output }: ObservedResponse): string {
  return output.map(({ item }) => (isMessage(item) ? messageText(item) : "")).join("");
}

/** What a client received of the text of one response. */
export type ReceivedText = {
  /** All pieces put together in the order in which they came, repeated ones and all. */
  readonly text: string;
  readonly pieces: readonly ReceivedMessage[];
};

/** The text pieces that clients received, by session and response: `"0/resp_1"`. */
export function collectReceivedTexts(received: readonly ReceivedMessage[]): ReadonlyMap<string, ReceivedText> {
  const texts = new Map<string, { text: string; pieces: ReceivedMessage[] }>();
  for (const message of received) {
    const { event, body } = message;
    if (event.type !== "response.output_text.delta" || event.responseId === undefined) continue;
    const key = `${event.session ?? "?"}/${event.responseId}`;
    const known = texts.get(key) ?? { text: "", pieces: [] };
    texts.set(key, known);
    known.text += textMember(body, "delta") ?? "";
    known.pieces.push(message);
  }
  return texts;
}

/** Texts shorter than this may stand in another one by chance, so nothing is concluded from them. */
export const MARKER_LENGTH_MIN = 4;

/** What is left of a text when each of these is taken out of it once. */
export function without(text: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => (part === "" ? rest : rest.replace(part, () => "")), text);
}
