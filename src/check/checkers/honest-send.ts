import { collectDials, hasWorkInFlight, type ObservedDial } from "../../history/dials.ts";
import { textMember } from "../../protocol/json.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { isSameFrame, repeatsOf } from "../repeats.ts";
import { openTurnAt } from "../retry-waits.ts";
import type { Finding } from "../verdict.ts";

/** INV-30: a send ends as not sent, answered, or unknown, and is treated as what it is. */
export const honestSend: Checker = {
  name: "honest-send",
  rule: "INV-30",
  claim:
    "A create that was built for a lost connection is not flushed onto a new one as it is, none is sent twice on one connection, and none is dropped while the client reconnects.",
  evidence:
    "The create, the end of its connection, and the same frame again; or the new connection, and the end without a create.",
  undecided: "Unknown never: it asks for no time. Not exercised where no connection was lost while a turn was open.",
  source: "failures.md INV-30 (B22, B28, B33, B36, B71, B72, B74, B77)",
  advice:
    "Look at the send queue: what waits in it was composed for a connection that is gone, and belongs back to whoever composes the next create.",
  check(context) {
    const dials = collectDials(context.history);
    const lost = dials.filter(
      ({ session, end }) => end?.by === "peer" && openTurnAt(context.turns, session, end.event) !== undefined,
    );
    if (lost.length === 0) return notExercised("no connection was lost while a turn was open");
    return worstOf(
      [
        ...lost.flatMap((dial) => flushFindings(dial, dials, context)),
        ...dials.flatMap(doubleFindings),
        ...lost.flatMap((dial) => droppedFindings(dial, dials, context)),
      ],
      `what was under way on ${lost.length} lost connections was treated as unknown`,
    );
  },
};

/** A chained create means something on the connection of its parent alone, unless responses are stored. */
function flushFindings(
  dial: ObservedDial,
  dials: readonly ObservedDial[],
  { contract, turns }: CheckContext,
): readonly Finding[] {
  if (contract.store) return [];
  return dial.creates
    .filter(
      ({ ended, sent }) => ended === undefined && textMember(sent.body ?? {}, "previous_response_id") !== undefined,
    )
    .flatMap((create): readonly Finding[] => {
      const flushed = repeatsOf(create, dials, turns).find(({ sent }) => sent.connection !== dial.connection);
      if (flushed === undefined) return [];
      const message =
        `session ${dial.session}: a create with a previous_response_id was under way when connection ${dial.connection} was lost, ` +
        `and went out unchanged on connection ${flushed.sent.connection}`;
      return [{ outcome: "violated", message, evidence: evidenceOf(create.sent, dial.end?.event, flushed.sent) }];
    });
}

/** The same create twice on one connection, the second while the first was under way. */
function doubleFindings({ session, creates }: ObservedDial): readonly Finding[] {
  return creates.flatMap((create, index): readonly Finding[] => {
    const twin = creates
      .slice(index + 1)
      .find(
        (later) =>
          isSameFrame(create, later) && (create.ended === undefined || create.ended.sequence > later.sent.sequence),
      );
    if (twin === undefined) return [];
    const message = `session ${session}: the same create went out twice on connection ${create.sent.connection}`;
    return [{ outcome: "violated", message, evidence: evidenceOf(create.sent, twin.sent) }];
  });
}

/** The client is connected again, but what was to be said is never said, until the turn is overdue. */
function droppedFindings(
  dial: ObservedDial,
  dials: readonly ObservedDial[],
  { turns }: CheckContext,
): readonly Finding[] {
  const { end, session } = dial;
  const turn = end === undefined ? undefined : openTurnAt(turns, session, end.event);
  const overdue = turn?.overdue;
  if (end === undefined || overdue === undefined || !hasWorkInFlight(dial)) return [];
  const later = dials.filter(
    ({ dialled }) =>
      dialled.session === session && dialled.sequence > end.event.sequence && dialled.sequence < overdue.sequence,
  );
  const open = later.find(
    ({ opened, end: over }) => opened !== undefined && (over?.event.sequence ?? overdue.sequence) >= overdue.sequence,
  );
  if (open === undefined || later.some(({ creates }) => creates.some(({ sent }) => sent.sequence < overdue.sequence)))
    return [];
  const message = `session ${session}: the client reconnected, and the create that was lost with connection ${dial.connection} was neither sent again nor reported`;
  return [{ outcome: "violated", message, evidence: evidenceOf(end.event, open.opened, overdue) }];
}
