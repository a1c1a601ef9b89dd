import { isDeepStrictEqual } from "node:util";

import type { DialledCreate, ObservedDial } from "../history/dials.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { ObservedTurn } from "../history/turns.ts";
import { openTurnAt } from "./retry-waits.ts";

/** Close codes that answer the bytes that were sent: the same bytes get the same answer (RFC 6455 §7.4.1). */
export const DETERMINISTIC_CLOSE_CODES: readonly number[] = [1002, 1003, 1007, 1008, 1009, 1010];

/** Close codes behind which a session goes on: it ended for reasons that pass. 1000 is one of them while work is open. */
export const RECOVERABLE_CLOSE_CODES: readonly number[] = [1000, 1001, 1005, 1006, 1011, 1012, 1013];

/** Why nothing follows from a Close frame that the client answered with none. */
export const CLOSE_UNANSWERED = "whether the client read that Close frame before it left is not known";

/** Whether two creates have the same body, in whatever order its members stand. */
export function isSameFrame(left: DialledCreate, right: DialledCreate): boolean {
  return left.sent.body !== undefined && isDeepStrictEqual(left.sent.body, right.sent.body);
}

/** Later creates of the same turn with the same body, on any connection. */
export function repeatsOf(
  create: DialledCreate,
  dials: readonly ObservedDial[],
  turns: readonly ObservedTurn[],
): readonly DialledCreate[] {
  const { session } = create.sent;
  if (session === undefined) return [];
  const turn = openTurnAt(turns, session, create.sent);
  return dials
    .filter((dial) => dial.session === session)
    .flatMap(({ creates }) => creates)
    .filter(({ sent }) => sent.sequence > create.sent.sequence && openTurnAt(turns, session, sent) === turn)
    .filter((later) => isSameFrame(later, create));
}

/** The dials of a session that came after an event, within the turn that was open then. */
export function laterDials(
  event: HistoryEvent,
  dials: readonly ObservedDial[],
  turns: readonly ObservedTurn[],
): readonly ObservedDial[] {
  const { session } = event;
  if (session === undefined) return [];
  const turn = openTurnAt(turns, session, event);
  return dials.filter(
    ({ dialled }) =>
      dialled.session === session &&
      dialled.sequence > event.sequence &&
      turn !== undefined &&
      openTurnAt(turns, session, dialled) === turn,
  );
}
