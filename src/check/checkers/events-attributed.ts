import type { HistoryEvent } from "../../history/event.ts";
import type { ReceivedMessage } from "../../history/passages.ts";
import { callsOf, type ObservedResponse } from "../../history/responses.ts";
import type { ObservedTurn } from "../../history/turns.ts";
import { itemsOfInput, isMessage, messageText } from "../../protocol/items.ts";
import { textMember } from "../../protocol/json.ts";
import { bySession } from "../by-session.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectTurnRecords, finalTextOf, MARKER_LENGTH_MIN, type TurnRecord, without } from "../turn-records.ts";
import type { Finding } from "../verdict.ts";

/** INV-17: what belongs to an earlier request does not answer a later one. */
export const eventsAttributed: Checker = {
  name: "events-attributed",
  rule: "INV-17",
  claim:
    "Events that come late, of a response that was asked for before, are not taken for the answer to a later turn.",
  evidence: "The late event and the create of the turn, in the order in which they came, and the end of the turn.",
  undecided:
    "Not exercised where nothing of a response reached the client behind its end, or behind the end of the turn that asked for it, and before a later turn had ended.",
  source: "failures.md INV-17 (B32, B34); protocol.md §4.2",
  advice:
    "Accept events of the response alone that response.created named after your create, and do not use a connection again on which a response was given up.",
  check(context) {
    const late = collectLate(context);
    const records = collectTurnRecords(context);
    const findings = records.flatMap((record) => {
      const lanes = new Set(record.creates.map(({ event }) => event.lane));
      const strange = (late.get(record.turn) ?? []).filter(({ event }) => lanes.has(event.lane));
      return strange.length === 0 ? [] : [findingOf(record, strange)];
    });
    if (findings.length === 0) return notExercised("no event of an earlier turn came late");
    return worstOf(findings, `late events changed none of ${findings.length} turns`);
  },
};

/** A message of a response that was over, or whose turn was over, when the message came. */
type LateMessage = ReceivedMessage & { readonly response: ObservedResponse };

/**
 * Late messages, by the turn that could take them for its answer: the first behind the one that asked for them that had
 * not ended when they came. Whether its create had been sent by then says nothing, because what a client has not read
 * waits for it on the socket.
 */
function collectLate({ turns, received, responses }: CheckContext): ReadonlyMap<ObservedTurn, readonly LateMessage[]> {
  const byId = new Map(responses.map((response) => [keyOf(response.session, response.id), response]));
  const turnsOf = bySession(turns);
  const late = new Map<ObservedTurn, LateMessage[]>();
  for (const message of received) {
    const { event } = message;
    const response = byId.get(keyOf(event.session, event.responseId));
    if (response === undefined) continue;
    const ofSession = turnsOf.get(response.session) ?? [];
    const asker = ofSession.findLast(({ started }) => isBefore(started, response.create));
    if (!isBefore(asker?.ended, event) && !isBefore(response.completedDelivered, event)) continue;
    const reader = ofSession.find(
      ({ started, ended }) => isBefore(response.create, started) && (ended === undefined || isBefore(event, ended)),
    );
    if (reader === undefined) continue;
    const known = late.get(reader);
    if (known === undefined) late.set(reader, [{ ...message, response }]);
    else known.push({ ...message, response });
  }
  return late;
}

function keyOf(session: number | undefined, responseId: string | undefined): string {
  return `${session ?? "?"}/${responseId ?? "?"}`;
}

function isBefore(event: HistoryEvent | undefined, other: HistoryEvent): boolean {
  return event !== undefined && event.sequence < other.sequence;
}

function findingOf({ turn, creates, shown }: TurnRecord, late: readonly LateMessage[]): Finding {
  const { ended, session } = turn;
  const who = `session ${session}: turn ${turn.turn}`;
  const holds: Finding = { outcome: "holds", message: "", evidence: [] };
  if (ended?.outcome !== "completed") return holds;
  const own = creates.flatMap(({ response }) => response ?? []);
  const ownTexts = own.map(finalTextOf);
  const rests = [shown, ended.text ?? ""].map((text) => without(text, ownTexts));
  const consumed = late.find((message) => {
    const text = textOf(message);
    const isOwn = ownTexts.some((ownText) => ownText.includes(text));
    return text.trim().length >= MARKER_LENGTH_MIN && !isOwn && rests.some((rest) => rest.includes(text));
  });
  if (consumed !== undefined) {
    const message = `${who} shows text of ${consumed.response.id}, which was asked for by an earlier turn`;
    return { outcome: "violated", message, evidence: evidenceOf(creates[0]?.event, consumed.event, ended) };
  }
  const isSilent = shown + (ended.text ?? "") === "";
  const isAnswered = own.some((response) => {
    const isReceived = (response.completedDelivered?.sequence ?? Infinity) < ended.sequence;
    // An answer that arrived, and of which nothing is seen, was not what ended the turn.
    return isReceived && callsOf(response).length === 0 && !(isSilent && finalTextOf(response) !== "");
  });
  const connections = new Set(creates.map(({ connection }) => connection));
  const end = late.find(({ event }) => {
    if (event.type !== "response.completed" || !isBefore(event, ended)) return false;
    // What waited on a socket since before the turn began is read by one that asks there alone.
    return isBefore(turn.started, event) || connections.has(event.connection ?? -1);
  });
  if (isAnswered || end === undefined) return holds;
  const message = `${who} completed with the end of ${end.response.id}, which was asked for by an earlier turn, and not with its own`;
  return { outcome: "violated", message, evidence: evidenceOf(creates[0]?.event, end.event, ended) };
}

/** The text that a message brings: a piece, or a finished message; the whole of a completed response. */
function textOf({ event, body, response }: LateMessage): string {
  if (event.type === "response.output_text.delta") return textMember(body, "delta") ?? "";
  if (event.type === "response.completed") return finalTextOf(response);
  const item = itemsOfInput([body["item"]]).find(isMessage);
  return item === undefined ? "" : messageText(item);
}
