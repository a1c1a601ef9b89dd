import { collectDials, collectUnansweredDials, type ObservedDial, type UnansweredDial } from "../../history/dials.ts";
import type { HistoryEvent } from "../../history/event.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { openTurnAt } from "../retry-waits.ts";
import { LATENESS_MS, printMs, timingOf } from "../timing.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** INV-25: a peer that is dead and does not say so is left in time. */
export const everyWaitEnds: Checker = {
  name: "every-wait-ends",
  rule: "INV-25",
  claim:
    "While the client waits for an upgrade or a response, a dead peer (no bytes, no FIN) is left within the promised idle time, and dialled again within the promised redial time, or the turn ends with an error.",
  evidence: "What the client waited for, what silenced the connection, and when it left it or was seen to wait still.",
  undecided:
    "Unknown where the reaction is late by less than the harness itself was, or the run ended first. Not exercised where no connection fell silent under a client that waited.",
  source: "failures.md INV-25 (B49 to B52, B56 to B59)",
  advice:
    "Give every wait a deadline of its own, and when it passes destroy the socket: a close handshake with a dead peer never ends, so its close event never comes.",
  check(context) {
    const dials = collectDials(context.history);
    const silences = dials.flatMap((dial) => silencesOf(dial, dials, context));
    const unanswered = unansweredOf(dials, context);
    const count = silences.length + unanswered.length;
    if (count === 0) return notExercised("no connection fell silent under a client that waited");
    return worstOf(
      [
        ...silences.map((silence) => silenceFinding(silence, context)),
        ...unanswered.map((dial) => unansweredFinding(dial, context)),
      ],
      `each of ${count} dead connections was left in time`,
    );
  },
};

type Silence = {
  readonly dial: ObservedDial;
  /** What the client waits for: its dial, or its oldest create without an end. */
  readonly waiting: HistoryEvent;
  readonly sinceMs: number;
  /** The client's own end of the connection. */
  readonly left: HistoryEvent | undefined;
  /** The next dial, or the end of the turn by the client itself. */
  readonly reaction: HistoryEvent | undefined;
  /** Until when it was watched. */
  readonly until: HistoryEvent;
};

/** The silence of a connection; none where nobody waited, or where it healed while the client still had time. */
function silencesOf(dial: ObservedDial, dials: readonly ObservedDial[], context: CheckContext): readonly Silence[] {
  const { silenced, creates, opened, received, session, end } = dial;
  const { contract, history, turns } = context;
  if (silenced === undefined) return [];
  const waiting =
    opened === undefined
      ? dial.dialled
      : creates.find(({ ended }) => (ended?.sequence ?? Infinity) > silenced.sequence)?.sent;
  const turn = waiting === undefined ? undefined : openTurnAt(turns, session, waiting);
  if (waiting === undefined || turn === undefined) return [];
  const sinceMs = Math.max(silenced.atMs, waiting.atMs);
  const isAfter = ({ atMs }: HistoryEvent): boolean => atMs > sinceMs;
  const woken = received.find(isAfter) ?? (end?.by === "peer" && isAfter(end.event) ? end.event : undefined);
  if (woken !== undefined && woken.atMs - sinceMs <= contract.idleDeadlineMs + LATENESS_MS) return [];
  const left = end?.by === "client" && isAfter(end.event) ? end.event : undefined;
  const next = dialsOf(session, dials, history).find((dialled) => isAfter(dialled) && dialled !== dial.dialled);
  const ended = turn.overdue === undefined ? turn.ended : undefined;
  const reaction = [next, ended].filter((event) => event !== undefined).toSorted((a, b) => a.sequence - b.sequence)[0];
  const until = turn.overdue ?? woken ?? turn.ended ?? history.at(-1) ?? waiting;
  // What the harness makes the client do, when it aborts an overdue turn, is no reaction of its own.
  const isOwn = (event: HistoryEvent | undefined): boolean =>
    event !== undefined && event.sequence < (turn.overdue?.sequence ?? Infinity);
  return [
    {
      dial,
      waiting,
      sinceMs,
      until,
      left: isOwn(left) ? left : undefined,
      reaction: isOwn(reaction) ? reaction : undefined,
    },
  ];
}

function silenceFinding(
  { dial, waiting, sinceMs, left, reaction, until }: Silence,
  { contract, history }: CheckContext,
): Finding {
  const { idleDeadlineMs, redialDeadlineMs } = contract;
  const deadlineMs = idleDeadlineMs + redialDeadlineMs + LATENESS_MS;
  const seen = reaction ?? until;
  const waitedMs = seen.atMs - sinceMs;
  const toleranceMs = timingOf(history).toleranceMs(sinceMs, seen.atMs);
  const leavingMs = (left ?? seen).atMs - sinceMs;
  const isLeftLate = left !== undefined && leavingMs > idleDeadlineMs + LATENESS_MS + toleranceMs;
  const who = `session ${dial.session}: connection ${dial.connection} fell silent`;
  const evidence = evidenceOf(waiting, dial.silenced, left, seen);
  if (isLeftLate) {
    const message = `${who} and was left after ${printMs(leavingMs)}, where ${printMs(idleDeadlineMs)} is promised`;
    return { outcome: "violated", message, evidence: evidenceOf(waiting, dial.silenced, left) };
  }
  if (reaction !== undefined && waitedMs <= deadlineMs) return FINE;
  const closing = closeFrameAfter(dial, sinceMs, history);
  const how = closing === undefined ? "the client waited on" : "the client began to close it and waited for the answer";
  const message = `${who}, and ${how}: nothing followed for ${printMs(waitedMs)}, where ${printMs(idleDeadlineMs)} to leave and ${printMs(redialDeadlineMs)} to dial are promised`;
  if (waitedMs > deadlineMs + toleranceMs)
    return { outcome: "violated", message, evidence: evidenceOf(waiting, dial.silenced, closing, seen) };
  return { outcome: "unknown", message: `${who}, and the run does not show whether it was left in time`, evidence };
}

/** The dials of a session in their order, whether anybody answered them or not. */
function dialsOf(
  session: number,
  dials: readonly ObservedDial[],
  history: readonly HistoryEvent[],
): readonly HistoryEvent[] {
  const answered = dials.map(({ dialled }) => dialled);
  return [...answered, ...collectUnansweredDials(history)]
    .filter((dialled) => dialled.session === session)
    .toSorted((left, right) => left.sequence - right.sequence);
}

/** A dial that nobody answered, in a turn. */
type Unanswered = Pick<Silence, "reaction" | "until"> & { readonly dialled: UnansweredDial };

function unansweredOf(dials: readonly ObservedDial[], { history, turns }: CheckContext): readonly Unanswered[] {
  return collectUnansweredDials(history).flatMap((dialled): readonly Unanswered[] => {
    const { session, sequence } = dialled;
    const turn = openTurnAt(turns, session, dialled);
    if (turn === undefined) return [];
    const next = dialsOf(session, dials, history).find((other) => other.sequence > sequence);
    const ended = turn.overdue ?? turn.ended;
    const isOwn = (event: HistoryEvent | undefined): boolean =>
      event !== undefined && event !== turn.overdue && event.sequence <= (ended?.sequence ?? Infinity);
    const reaction = [next, ended].find(isOwn);
    return [{ dialled, reaction, until: ended ?? history.at(-1) ?? dialled }];
  });
}

/** Whether the client gave it up is not seen; that it tried again, or said that it failed, is. */
function unansweredFinding(
  { dialled, reaction, until }: Unanswered,
  { contract: { idleDeadlineMs, redialDeadlineMs }, history }: CheckContext,
): Finding {
  const deadlineMs = idleDeadlineMs + redialDeadlineMs + LATENESS_MS;
  const seen = reaction ?? until;
  const waitedMs = seen.atMs - dialled.atMs;
  if (reaction !== undefined && waitedMs <= deadlineMs) return FINE;
  const evidence = evidenceOf(dialled, seen);
  const who = `session ${dialled.session}: a dial got no answer`;
  if (waitedMs <= deadlineMs + timingOf(history).toleranceMs(dialled.atMs, seen.atMs)) {
    return { outcome: "unknown", message: `${who}, and the run does not show whether it was left in time`, evidence };
  }
  const message = `${who}, and nothing followed for ${printMs(waitedMs)}, where ${printMs(idleDeadlineMs)} to leave and ${printMs(redialDeadlineMs)} to dial are promised`;
  return { outcome: "violated", message, evidence };
}

/** The Close frame that a client sent into the silence. */
function closeFrameAfter(
  { session, connection }: ObservedDial,
  sinceMs: number,
  history: readonly HistoryEvent[],
): HistoryEvent | undefined {
  return history.find(
    (event) =>
      event.kind === "control-frame" &&
      event.source === "client-face" &&
      event.direction === "to-server" &&
      event.opcode === "close" &&
      event.session === session &&
      event.connection === connection &&
      event.atMs > sinceMs,
  );
}
