import type { HistoryEvent } from "../../history/event.ts";
import type { ObservedResponse } from "../../history/responses.ts";
import { isMessage, messageText } from "../../protocol/items.ts";
import { bySession } from "../by-session.ts";
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

/** INV-20: of an attempt that failed nothing stays, when another one succeeded. */
export const attemptsIsolated: Checker = {
  name: "attempts-isolated",
  rule: "INV-20",
  claim:
    "When a turn has completed, its user sees the text of the attempt that succeeded, and nothing of one that failed.",
  evidence: "The first text of the failed attempt, where it is shown or stored, and the end of the turn.",
  undecided:
    "Unknown where text of a failed attempt may be a part of the answer, because the answer does not stand there as it was said. Not exercised where no attempt of a completed turn failed behind its first text.",
  source: "failures.md INV-20 (B18, B40, B44); protocol.md §6.9 (6)",
  advice:
    "Take back the text of an attempt that fails before the next one begins, and add to the history only what a completed response brought.",
  check(context) {
    const received = collectReceivedTexts(context.received);
    const creates = bySession(context.creates);
    const findings = collectTurnRecords(context).flatMap((record) => {
      const later = creates.get(record.turn.session) ?? [];
      return failedAttempts(record, received).map((attempt) => findingOf(attempt, record, later));
    });
    if (findings.length === 0) return notExercised("no attempt of a completed turn failed after it had shown text");
    return worstOf(findings, `nothing was left of ${findings.length} failed attempts`);
  },
};

type FailedAttempt = {
  readonly response: ObservedResponse;
  readonly text: string;
  readonly pieces: ReceivedText["pieces"];
};

/** The attempts of a completed turn that ended within their text. */
function failedAttempts(
  { turn, creates }: TurnRecord,
  received: ReadonlyMap<string, ReceivedText>,
): readonly FailedAttempt[] {
  const { ended, session } = turn;
  // Where no attempt succeeded there is nothing to keep apart; that the turn counts as completed is another rule's.
  const hasSuccess = creates.some(
    ({ response }) => response !== undefined && ended !== undefined && isSuccess(response, ended),
  );
  if (ended?.outcome !== "completed" || !hasSuccess) return [];
  return creates.flatMap(({ response }) => {
    if (response === undefined || isSuccess(response, ended)) return [];
    const known = received.get(`${session}/${response.id}`);
    // What a wire that was silent lets go when the turn is over was shown to nobody.
    const isLate = (known?.pieces[0]?.event.sequence ?? 0) > ended.sequence;
    const isText = known !== undefined && known.text.trim().length >= MARKER_LENGTH_MIN;
    return isText && !isLate ? [{ response, ...known }] : [];
  });
}

function isSuccess({ completedDelivered }: ObservedResponse, ended: HistoryEvent): boolean {
  return completedDelivered !== undefined && completedDelivered.sequence < ended.sequence;
}

function findingOf(attempt: FailedAttempt, record: TurnRecord, creates: CheckContext["creates"]): Finding {
  const { turn, texts } = record;
  const { ended, session } = turn;
  const { text, response, pieces } = attempt;
  const who = `session ${session}: turn ${turn.turn}`;
  const successes = record.creates.flatMap(({ response: other }) =>
    other !== undefined && ended !== undefined && isSuccess(other, ended) ? [finalTextOf(other)] : [],
  );
  const answer = successes.at(-1) ?? "";
  const first = pieces[0]?.event;
  for (const [what, shown, events] of [
    ["shows", record.shown, [texts.at(-1)]],
    ["answered with", ended?.text ?? "", []],
  ] as const) {
    if (!without(shown, successes).includes(text)) continue;
    const isDecided = answer !== "" && shown.includes(answer);
    return {
      outcome: isDecided ? "violated" : "unknown",
      message: `${who} ${what} text of the attempt ${response.id}, which failed`,
      evidence: evidenceOf(first, ...events, ended),
    };
  }
  const stored = creates.find(
    ({ event, input }) =>
      event.sequence > (ended?.sequence ?? Infinity) &&
      input.some((item) => isMessage(item) && item.role === "assistant" && messageText(item) === text) &&
      !successes.includes(text),
  );
  if (stored === undefined) return { outcome: "holds", message: "", evidence: [] };
  return {
    outcome: "violated",
    message: `${who} completed, and a later create holds the unfinished text of its failed attempt ${response.id}`,
    evidence: evidenceOf(first, ended, stored.event),
  };
}
