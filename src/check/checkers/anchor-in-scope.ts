import type { ObservedCreate } from "../../history/creates.ts";
import type { ObservedResponse } from "../../history/responses.ts";
import { callsMade, type CallsMade } from "../calls-made.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { createPairingReader, type PairingProblem } from "../pairing.ts";
import type { Finding } from "../verdict.ts";

/** INV-12: an id that only its connection knows is used on that connection alone, and when it is worth something. */
export const anchorInScope: Checker = {
  name: "anchor-in-scope",
  rule: "INV-12",
  claim:
    "Without storage, a create names a previous response only if that one completed on the same connection and all its calls are answered.",
  evidence: "The create, with the response that it names: where it completed, or the call of it that has no answer.",
  undecided:
    "Not exercised where no create names a previous response, or where all of those are stored: a stored one may be named from any connection.",
  source: "failures.md INV-12 (B07, B26, B29); protocol.md §4.1, §4.3",
  advice:
    "Keep the previous response id together with the connection that it was received on, and send the whole input without an id on every other one.",
  check({ creates, received, responses }) {
    const chained = creates.filter(namesUnstored);
    if (chained.length === 0) return notExercised("no create named a response that was not stored");
    const made = callsMade(responses, received);
    const reader = createPairingReader(made);
    return worstOf(
      creates.flatMap((create) => {
        const problems = reader.problemsOf(create);
        return namesUnstored(create) ? [findingOf({ create, problems, made })] : [];
      }),
      `each of ${chained.length} chained creates named a response of its own connection`,
    );
  },
};

function namesUnstored({ previousResponseId, parent, isStored }: ObservedCreate): boolean {
  if (previousResponseId === undefined) return false;
  return parent === undefined ? !isStored : isUnstored(parent);
}

function isUnstored({ create }: ObservedResponse): boolean {
  return create.body?.["store"] === false;
}

type Judged = {
  readonly create: ObservedCreate;
  readonly problems: readonly PairingProblem[];
  readonly made: CallsMade;
};

function findingOf({ create, problems, made }: Judged): Finding {
  const { session, connection, event, parent, previousResponseId = "?" } = create;
  const who = `session ${session}: a create on connection ${connection} names ${previousResponseId}`;
  const violated = (why: string, ...events: readonly (ObservedCreate["event"] | undefined)[]): Finding => ({
    outcome: "violated",
    message: `${who}, ${why}`,
    evidence: evidenceOf(...events, event),
  });
  if (parent === undefined) return violated("which no response of this session has for its id");
  if (parent.connection !== connection) {
    return violated(`which was made on connection ${parent.connection} and not stored`, parent.created);
  }
  const { completedDelivered } = parent;
  if (completedDelivered === undefined || completedDelivered.sequence > event.sequence) {
    return violated("whose response.completed the client had not received", parent.created);
  }
  const open = problems.find(({ kind, id }) => kind === "open-call" && made.timesMade(session, id) > 0)?.id;
  if (open === undefined) return { outcome: "holds", message: "", evidence: [] };
  return violated(`and leaves its call ${open} unanswered`, made.firstDone(session, open));
}
