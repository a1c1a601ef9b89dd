import type { ObservedCreate } from "../../history/creates.ts";
import { callsOf, type ObservedResponse } from "../../history/responses.ts";
import { bySession } from "../by-session.ts";
import { callsMade, type CallsMade } from "../calls-made.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { type ContextPart, createPartReader, describePart, type PartReader } from "../context-parts.ts";
import { createPairingReader, type PairingProblem, type PairingReader } from "../pairing.ts";
import type { Finding } from "../verdict.ts";

/**
 * INV-13: what the model sees is the whole conversation, each part of it once.
 *
 * It looks at messages, calls and outputs. What a turn brought is demanded of later turns if the turn completed; a
 * failed turn may be taken back or kept. Tools, instructions and reasoning are not compared.
 */
export const contextStaysWhole: Checker = {
  name: "context-stays-whole",
  rule: "INV-13",
  claim:
    "The previous response and the input of a create together are the conversation so far: no message, call or output is missing or doubled.",
  evidence: "What is missing, where it was said, and the create without it; or the create that holds it twice.",
  undecided:
    "Unknown where a create names a previous response that the session never showed. Not exercised where no create had anything before it to keep, and behind a compaction item.",
  source: "failures.md INV-13 (B12, B29, B30, B31, B44); protocol.md §4.3",
  advice:
    "Treat the previous response id and the number of items that it covers as one value: where the id is dropped, the input has to hold everything again.",
  check(context) {
    const creates = bySession(context.creates);
    const responses = bySession(context.responses);
    const turns = bySession(context.turns);
    const made = callsMade(context.responses, context.received);
    const pairing = createPairingReader(made);
    const findings = [...creates].flatMap(([session, own]) =>
      judgeSession(own, {
        order: context.order,
        made,
        pairing,
        responses: responses.get(session) ?? [],
        turns: turns.get(session) ?? [],
      }),
    );
    if (findings.length === 0) return notExercised("no create had anything before it to keep");
    return worstOf(findings, `each of ${findings.length} creates held all that was before it, once`);
  },
};

/** What is known of one session. */
type Scope = Pick<CheckContext, "order" | "responses" | "turns"> & {
  readonly made: CallsMade;
  readonly pairing: PairingReader;
};

/** What a session has to keep: of its completed turns, and of the turn that is under way. */
type Kept = {
  readonly settled: Map<string, ContextPart>;
  readonly current: Map<string, ContextPart>;
  /** What the model has said meanwhile, on the way to where the session is now. */
  readonly said: Map<string, ContextPart>;
  turn: number | undefined;
  /** The response of the latest create, if that was asked with all of this. */
  holder: ObservedResponse | undefined;
};

function judgeSession(creates: readonly ObservedCreate[], scope: Scope): readonly Finding[] {
  const reader = createPartReader(scope.turns);
  const kept: Kept = { settled: new Map(), current: new Map(), said: new Map(), turn: undefined, holder: undefined };
  const completedCalls = completedCallsOf(scope.responses);
  return creates.flatMap((create) => {
    const { effectiveInput, event, parent, response } = create;
    const problems = scope.pairing.problemsOf(create);
    if (create.isWarmUp) return [];
    if (effectiveInput === undefined) return [unknownContext(create)];
    // Behind the latest response that was asked for with everything, nothing can be missing: only what is new is read.
    const isGoingOn = parent !== undefined && parent === kept.holder;
    const items = isGoingOn ? [...parent.output.map(({ item }) => item), ...create.input] : effectiveInput;
    if (items.some(({ type }) => type.startsWith("compaction"))) {
      kept.settled.clear();
      kept.current.clear();
      kept.holder = response;
      return [];
    }
    const parts = reader.partsOf(items, event);
    enterTurn(kept, { create, parts, reader, scope });
    const finding = findingOf(create, { parts, kept, problems, isGoingOn, made: scope.made });
    if (!isGoingOn) kept.said.clear();
    for (const [key, part] of parts) {
      if (part.text !== undefined && part.turn === undefined) kept.said.set(key, part);
      const isSettledCall = part.callId !== undefined && (completedCalls.get(part.callId) ?? Infinity) < event.sequence;
      const isOfTurn = part.turn !== undefined && part.turn === kept.turn;
      if ((isOfTurn || isSettledCall) && !kept.current.has(key)) kept.current.set(key, part);
    }
    kept.holder = finding?.outcome === "violated" ? undefined : response;
    return finding === undefined ? [] : [finding];
  });
}

/** When the calls of completed responses had reached the client, by `call_id`. */
function completedCallsOf(responses: readonly ObservedResponse[]): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const response of responses) {
    const { completedDelivered } = response;
    if (completedDelivered === undefined) continue;
    for (const { call } of callsOf(response)) {
      if (!calls.has(call.call_id)) calls.set(call.call_id, completedDelivered.sequence);
    }
  }
  return calls;
}

type Entering = {
  readonly create: ObservedCreate;
  readonly parts: ReadonlyMap<string, ContextPart>;
  readonly reader: PartReader;
  readonly scope: Scope;
};

/** With the first create of another turn, the turn before it is settled: kept if it completed, else up to the client. */
function enterTurn(kept: Kept, { create, parts, reader, scope }: Entering): void {
  const turn = [...parts.values()].reduce((latest, part) => Math.max(latest, part.turn ?? -1), -1);
  if (turn <= (kept.turn ?? -1)) return;
  const before = kept.turn;
  const brought = [...kept.current, ...kept.said];
  kept.turn = turn;
  kept.current.clear();
  const ended = scope.turns.find((other) => other.turn === before)?.ended;
  if (ended?.outcome !== "completed" || scope.order.compare(ended, create.event) !== "before") return;
  const final = scope.responses.findLast((response) => isFinalBefore(response, create));
  if (final?.completedDelivered === undefined) return;
  if (final === kept.holder) {
    for (const [key, part] of brought) kept.settled.set(key, part);
    for (const [key, part] of reader.partsOf(
      final.output.map(({ item }) => item),
      final.completedDelivered,
    )) {
      kept.settled.set(key, part);
    }
    return;
  }
  const items = [...final.effectiveInput, ...final.output.map(({ item }) => item)];
  for (const [key, part] of reader.partsOf(items, final.completedDelivered)) kept.settled.set(key, part);
}

function isFinalBefore(response: ObservedResponse, { event }: ObservedCreate): boolean {
  const { completedDelivered } = response;
  if (completedDelivered === undefined || completedDelivered.sequence > event.sequence) return false;
  return callsOf(response).length === 0;
}

type Judged = {
  readonly parts: ReadonlyMap<string, ContextPart>;
  readonly kept: Kept;
  readonly problems: readonly PairingProblem[];
  readonly isGoingOn: boolean;
  readonly made: CallsMade;
};

const DOUBLED: Readonly<Partial<Record<PairingProblem["kind"], string>>> = {
  "second-output": "the output of call",
  "second-call": "call",
  "second-item": "item",
};

function findingOf(create: ObservedCreate, judged: Judged): Finding | undefined {
  const { parts, kept, problems, isGoingOn, made } = judged;
  const { session, connection, event } = create;
  const who = `session ${session}: the model sees of the create on connection ${connection}`;
  const doubled = problems.find(({ kind }) => kind in DOUBLED);
  const said = doubled === undefined ? saidTwice(judged) : undefined;
  if (doubled !== undefined || said !== undefined) {
    const what =
      said === undefined
        ? `${DOUBLED[doubled?.kind ?? "second-item"] ?? ""} ${doubled?.id ?? "?"}`
        : describePart(said);
    return { outcome: "violated", message: `${who} more than once: ${what}`, evidence: evidenceOf(event) };
  }
  const missing = isGoingOn ? undefined : (missingOf(kept.settled, parts) ?? missingOf(kept.current, parts));
  if (missing !== undefined) {
    return {
      outcome: "violated",
      message: `${who} no more: ${describePart(missing)}`,
      evidence: evidenceOf(missing.event, event),
    };
  }
  const orphan = problems.find(({ kind }) => kind === "orphan-output");
  if (orphan !== undefined) {
    const message = `${who} the output of call ${orphan.id} without the call`;
    return { outcome: "violated", message, evidence: evidenceOf(made.firstDone(session, orphan.id), event) };
  }
  if (kept.settled.size === 0 && kept.current.size === 0) return undefined;
  return { outcome: "holds", message: "", evidence: [] };
}

/** Words of the user that stand there twice, or again behind a chain that has them. */
function saidTwice({ parts, kept, isGoingOn }: Judged): ContextPart | undefined {
  for (const [key, part] of parts) {
    if (part.turn === undefined) continue;
    const known = kept.settled.get(key) ?? kept.current.get(key);
    if (part.times > 1 || (isGoingOn && known?.text === part.text)) return part;
  }
  return undefined;
}

function missingOf(
  kept: ReadonlyMap<string, ContextPart>,
  parts: ReadonlyMap<string, ContextPart>,
): ContextPart | undefined {
  for (const [key, part] of kept) if (!parts.has(key) && !isWithin(part, parts)) return part;
  return undefined;
}

/** Whether a text of the model stands within a longer one: a client may join messages, or add to them. */
function isWithin({ text }: ContextPart, parts: ReadonlyMap<string, ContextPart>): boolean {
  return text !== undefined && [...parts.values()].some((other) => other.text?.includes(text.trim()) === true);
}

function unknownContext({ session, connection, event, previousResponseId }: ObservedCreate): Finding {
  const message = `session ${session}: the create on connection ${connection} names ${previousResponseId ?? "?"}, which the session never showed`;
  return { outcome: "unknown", message, evidence: evidenceOf(event) };
}
