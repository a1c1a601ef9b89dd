import { collectDials, type ObservedDial } from "../history/dials.ts";
import type { ClientHabit } from "../plan/scenario.ts";
import { type CheckInput, contextOf } from "./check-history.ts";
import type { CheckContext } from "./checker.ts";
import { collectFailedAttempts, hadBlindTime, openTurnAt } from "./retry-waits.ts";

/** A habit that a client does not have, and how its history shows that. */
export type MissingHabit = { readonly habit: ClientHabit; readonly why: string };

/**
 * Which of these habits a history shows the client not to have: it had the chance, and never took it.
 *
 * A run without a single chance shows nothing, nor does one that was cut short, nor one in which the habit was seen once.
 * So a fault that was missed for another reason stays missed.
 */
export function missingHabits(habits: readonly ClientHabit[], input: CheckInput): readonly MissingHabit[] {
  const isCutShort = input.history.some(({ kind }) => kind === "interrupted" || kind === "limit-reached");
  if (habits.length === 0 || isCutShort) return [];
  const context = contextOf(input);
  return habits.flatMap((habit) => {
    const { chances, taken, words } = OBSERVERS[habit](context);
    if (chances === 0 || taken > 0) return [];
    return [{ habit, why: `it had ${chances === 1 ? "one chance" : `${chances} chances`} to ${words}, and took none` }];
  });
}

/** How often a client could have shown a habit, and how often it did. */
type HabitCount = { readonly chances: number; readonly taken: number; readonly words: string };

const OBSERVERS: { readonly [Habit in ClientHabit]: (context: CheckContext) => HabitCount } = {
  "continues-by-id": countContinuations,
  "leaves-connection-open": countKeptConnections,
  "dials-again": countRedials,
};

/** A create is a chance where a response had come to its end on the same connection: its id means something there. */
function countContinuations({ creates, responses }: CheckContext): HabitCount {
  const hasPredecessor = creates.filter((create) =>
    responses.some(
      ({ session, connection, completedDelivered }) =>
        session === create.session &&
        connection === create.connection &&
        completedDelivered !== undefined &&
        completedDelivered.sequence < create.event.sequence,
    ),
  );
  const taken = creates.filter(({ previousResponseId }) => previousResponseId !== undefined).length;
  return { chances: hasPredecessor.length, taken, words: "name the response before by its id" };
}

/** A turn is a chance where one had completed before it; it is refused where the client itself ended that connection. */
function countKeptConnections({ turns, history }: CheckContext): HabitCount {
  const dials = collectDials(history);
  const connections = turns.map((turn) => ({
    turn,
    used: dials.filter(
      (dial) =>
        dial.session === turn.session &&
        dial.creates.some(({ sent }) => openTurnAt(turns, turn.session, sent) === turn),
    ),
  }));
  const steps = connections.flatMap((later, index) => {
    const earlier = connections.slice(0, index).findLast(({ turn }) => turn.session === later.turn.session);
    return earlier?.turn.ended?.outcome === "completed" && later.used.length > 0 ? [{ earlier, later }] : [];
  });
  const taken = steps.filter(({ earlier, later }) => later.used.some((dial) => earlier.used.includes(dial)));
  const refused = steps.filter(({ earlier }) => endedByClient(earlier.used.at(-1)));
  return { chances: refused.length, taken: taken.length, words: "use a connection for another turn" };
}

function endedByClient(dial: ObservedDial | undefined): boolean {
  return dial?.end?.by === "client";
}

/** A failed attempt is a chance; it is refused where the turn then ends in a word, and the client promised nothing else. */
function countRedials(context: CheckContext): HabitCount {
  const { contract, history } = context;
  const words = "try again behind a failed attempt";
  const promises = contract.backoff !== "unstated" && contract.backoff.attemptsMax > 0;
  // A client that promises to try again and does not is no client for which trying again is out of the question.
  if (promises || hadBlindTime(history)) return { chances: 0, taken: 0, words };
  const attempts = collectFailedAttempts(context);
  const refused = attempts.filter(({ turn, wait }) => wait === undefined && turn.ended?.outcome === "failed");
  return { chances: refused.length, taken: attempts.filter(({ wait }) => wait !== undefined).length, words };
}
