import type { ObservedCreate } from "../../history/creates.ts";
import type { HistoryEvent } from "../../history/event.ts";
import type { ReceivedMessage } from "../../history/passages.ts";
import { callsOf, type ObservedResponse } from "../../history/responses.ts";
import { itemsOfInput, isMessage, messageText } from "../../protocol/items.ts";
import { textMember } from "../../protocol/json.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectTurnRecords, finalTextOf, MARKER_LENGTH_MIN, type TurnRecord, without } from "../turn-records.ts";
import type { Finding } from "../verdict.ts";

/** INV-17: what belongs to an earlier request does not answer a later one. */
export const eventsAttributed: Checker = {
  name: "events-attributed",
  rule: "INV-17",
  claim:
    "Events that come late, of a response that was asked for before, are not taken for the answer to a later turn.",
  evidence: "The create of the turn, the late event, and the end of the turn.",
  undecided: "Not exercised where no event of an earlier response reached the client after the create of a later turn.",
  source: "failures.md INV-17 (B32, B34); protocol.md §4.2",
  advice:
    "Accept events of the response alone that response.created named after your create, and do not use a connection again on which a response was given up.",
  check(context) {
    const late = collectLate(context);
    const records = collectTurnRecords(context);
    const findings = records.flatMap((record) => {
      const own = record.creates.flatMap(({ event }) => late.get(event.sequence) ?? []);
      const strange = own.filter(({ response }) => response.create.sequence < record.turn.started.sequence);
      return strange.length === 0 ? [] : [findingOf(record, strange)];
    });
    if (findings.length === 0) return notExercised("no event of an earlier turn came late");
    return worstOf(findings, `late events changed none of ${findings.length} turns`);
  },
};

/** A message of a response that is not the latest one that was asked for. */
type LateMessage = ReceivedMessage & { readonly response: ObservedResponse };

/** Late messages, by the sequence number of the create that was then the latest of the lane. */
function collectLate({ creates, received, responses }: CheckContext): ReadonlyMap<number, readonly LateMessage[]> {
  const byId = new Map(responses.map((response) => [`${response.session}/${response.id}`, response]));
  const latest = new Map<string, ObservedCreate>();
  const late = new Map<number, LateMessage[]>();
  let next = 0;
  for (const message of received) {
    const { event } = message;
    for (let create = creates[next]; create !== undefined; create = creates[next]) {
      if (create.event.sequence > event.sequence) break;
      latest.set(laneOf(create.event), create);
      next += 1;
    }
    const current = latest.get(laneOf(event));
    const response = current === undefined ? undefined : byId.get(`${event.session ?? "?"}/${event.responseId ?? "?"}`);
    if (current === undefined || response === undefined) continue;
    if (response.create.sequence >= current.event.sequence) continue;
    const known = late.get(current.event.sequence);
    if (known === undefined) late.set(current.event.sequence, [{ ...message, response }]);
    else known.push({ ...message, response });
  }
  return late;
}

function laneOf({ session, lane }: HistoryEvent): string {
  return `${session ?? "?"}/${lane ?? ""}`;
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
  const end = late.find(({ event }) => event.type === "response.completed" && event.sequence < ended.sequence);
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
