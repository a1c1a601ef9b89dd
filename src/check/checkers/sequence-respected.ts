import type { ReceivedMessage } from "../../history/passages.ts";
import type { ObservedResponse } from "../../history/responses.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import {
  collectReceivedTexts,
  collectTurnRecords,
  finalTextOf,
  MARKER_LENGTH_MIN,
  type ReceivedText,
  type TurnRecord,
  without,
} from "../turn-records.ts";
import type { Finding } from "../verdict.ts";

/** INV-19: repeated events change nothing, and what comes behind a missing one is not taken for the whole. */
export const sequenceRespected: Checker = {
  name: "sequence-respected",
  rule: "INV-19",
  claim:
    "An event that comes twice is taken once, and a response of which events are missing is completed from its finished items or fails.",
  evidence: "The event that came twice or behind a gap, and the end of the turn.",
  undecided:
    "Unknown where the user saw neither the answer nor what came over the wire. Not exercised where no event was repeated, missing or out of order in a completed turn, or where that changed no text.",
  source: "failures.md INV-19 (B75, B76); protocol.md §3.1",
  advice:
    "Compare sequence_number with the one before: skip what is not greater, and after a gap use the finished items or the completed response instead of the deltas.",
  check(context) {
    const flaws = collectFlaws(context.received);
    const received = collectReceivedTexts(context.received);
    const findings = collectTurnRecords(context).flatMap((record) => {
      if (record.turn.ended?.outcome !== "completed") return [];
      return record.creates.flatMap(({ response }) => {
        const key = `${record.turn.session}/${response?.id ?? "?"}`;
        const [flaw, text] = [flaws.get(key), received.get(key)];
        if (response?.completedDelivered === undefined || flaw === undefined || text === undefined) return [];
        return findingOf({ response, flaw, text, record }) ?? [];
      });
    });
    if (findings.length === 0) return notExercised("no text depended on events that were repeated or missing");
    return worstOf(
      findings,
      `${findings.length} responses with repeated or missing events were shown as they were said`,
    );
  },
};

/** The first message that does not follow on the one before it. */
type Flaw = { readonly what: string; readonly event: ReceivedMessage["event"] };

function collectFlaws(received: CheckContext["received"]): ReadonlyMap<string, Flaw> {
  const latest = new Map<string, number>();
  const flaws = new Map<string, Flaw>();
  for (const { event, body } of received) {
    const number = body["sequence_number"];
    if (typeof number !== "number" || event.responseId === undefined) continue;
    const key = `${event.session ?? "?"}/${event.responseId}`;
    const before = latest.get(key);
    latest.set(key, Math.max(number, before ?? number));
    if (before === undefined || number === before + 1 || flaws.has(key)) continue;
    flaws.set(key, {
      event,
      what: number <= before ? `event ${number} came again` : `event ${before + 1} was missing`,
    });
  }
  return flaws;
}

type Flawed = {
  readonly response: ObservedResponse;
  readonly flaw: Flaw;
  readonly text: ReceivedText;
  readonly record: TurnRecord;
};

/** Undefined where the pieces that came make up the finished text all the same. */
function findingOf({ response, flaw, text, record }: Flawed): Finding | undefined {
  const { turn } = record;
  const finished = finalTextOf(response);
  const naive = text.text;
  if (naive === finished || naive.trim().length < MARKER_LENGTH_MIN) return undefined;
  const evidence = evidenceOf(flaw.event, turn.ended);
  const who = `session ${turn.session}: in ${response.id} ${flaw.what}`;
  const seen = [record.shown, turn.ended?.text ?? ""].filter((shown) => shown !== "");
  // Pieces that are a part of the finished text stand in every good answer, so the answer is taken out first.
  const rest = (shown: string): string => (finished.includes(naive) ? without(shown, [finished]) : shown);
  if (seen.some((shown) => rest(shown).includes(naive))) {
    return { outcome: "violated", message: `${who}, and turn ${turn.turn} shows the pieces as they came`, evidence };
  }
  if (seen.length === 0 || seen.some((shown) => shown.includes(finished)))
    return { outcome: "holds", message: "", evidence: [] };
  return { outcome: "unknown", message: `${who}, and turn ${turn.turn} shows something else`, evidence };
}
