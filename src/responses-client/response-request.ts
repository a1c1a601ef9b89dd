import { sleep } from "../determinism/waiting.ts";
import type { ResponseCreate } from "../protocol/client-events.ts";
import { type FunctionCallItem, isFunctionCall, type Item } from "../protocol/items.ts";
import { callDoneIn, type ResponseEnd } from "./accumulation.ts";
import type { CreateBasis } from "./recovery.ts";
import type { Connection } from "./connection.ts";
import { describeFailure, type Failure } from "./failure.ts";
import type { FailureVerdict } from "./failure-policy.ts";
import type { SessionParts } from "./session-parts.ts";
import { createVisibleText } from "./visible-text.ts";

/** What came of a request, after as many attempts as the policies allow. */
export type RequestOutcome =
  | { readonly kind: "completed"; readonly items: readonly Item[] }
  | { readonly kind: "stopped"; readonly cause: string }
  | { readonly kind: "gave-up"; readonly cause: string }
  | { readonly kind: "cancelled" };

type Attempt =
  | { readonly kind: "completed"; readonly items: readonly Item[] }
  | { readonly kind: "failed"; readonly failure: Failure; readonly isChained: boolean };

/**
 * Asks for one response until it completes or the policies say stop.
 *
 * Each attempt is a transaction: it adds its items to the conversation as a whole, or leaves no trace (INV-20). The
 * loop is bounded by the backoff's budget; what is tried again at once is bounded by the failure policy, which sees all
 * earlier failures.
 */
export async function requestResponse(parts: SessionParts, signal: AbortSignal): Promise<RequestOutcome> {
  const earlier: Failure[] = [];
  for (;;) {
    const lost = afterIdleLoss(parts, earlier);
    if (lost !== undefined) return lost;
    const waitMs = parts.idleLosses.dialNotBeforeMs() - parts.clock.nowMs();
    if (waitMs > 0) await sleep(parts.clock, waitMs, signal);
    const attempt = await attemptResponse(parts, signal);
    if (attempt.kind === "completed") return attempt;
    const { failure, isChained } = attempt;
    parts.policies.recovery.failed(failure);
    parts.policies.toolDispatch.responseDiscarded();
    if (failure.kind === "cancelled") return { kind: "cancelled" };
    const verdict = parts.policies.failures.judge(failure, { earlier, isChained });
    earlier.push(failure);
    const outcome = await prepareNextAttempt({ parts, failure, verdict, signal });
    if (outcome !== undefined) return outcome;
  }
}

/** A connection lost between two requests of one turn counts like one lost within a request. */
function afterIdleLoss(parts: SessionParts, earlier: Failure[]): RequestOutcome | undefined {
  const loss = parts.idleLosses.take();
  if (loss === undefined) return undefined;
  const { failure, giveUp } = loss;
  const cause = describeFailure(failure);
  parts.policies.recovery.failed(failure);
  const { action } = parts.policies.failures.judge(failure, { earlier, isChained: false });
  if (action === "stop") return { kind: "stopped", cause };
  return giveUp === undefined ? undefined : { kind: "gave-up", cause: `${giveUp}, the last one: ${cause}` };
}

async function prepareNextAttempt(options: {
  readonly parts: SessionParts;
  readonly failure: Failure;
  readonly verdict: FailureVerdict;
  readonly signal: AbortSignal;
}): Promise<RequestOutcome | undefined> {
  const { parts, failure, verdict, signal } = options;
  const cause = describeFailure(failure);
  if (verdict.connection === "renew") parts.connector.renew();
  if (verdict.action === "stop") return { kind: "stopped", cause };
  if (verdict.action === "retry-at-once") return undefined;
  const decision = parts.policies.backoff.failed(failure);
  if (decision.kind === "give-up") return { kind: "gave-up", cause: `${decision.why}, the last one: ${cause}` };
  await sleep(parts.clock, decision.delayMs, signal);
  return undefined;
}

async function attemptResponse(parts: SessionParts, signal: AbortSignal): Promise<Attempt> {
  const { policies, conversation, connector } = parts;
  const acquired = signal.aborted
    ? { kind: "failed" as const, failure: { kind: "cancelled" as const } }
    : await connector.acquire(signal);
  if (acquired.kind === "failed") return { ...acquired, isChained: false };
  const { connection } = acquired;
  const basis = policies.recovery.compose({ history: conversation.history, epoch: connection.epoch });
  const text = createVisibleText(parts.surface);
  const calls: FunctionCallItem[] = [];
  const end = await exchange(parts, { connection, basis, signal, calls, show: (piece) => text.show(piece) });
  if (end.kind === "failed") {
    text.retract();
    parts.takenBackCalls.add(calls);
    return { kind: "failed", failure: end.failure, isChained: basis.previousResponseId !== undefined };
  }
  const named = end.responseId === undefined ? {} : { responseId: end.responseId };
  const items = withoutReplays(end, parts);
  conversation.addResponse({ ...named, items });
  policies.recovery.completed({ ...named, epoch: connection.epoch, historyLength: conversation.history.length });
  policies.backoff.completed();
  text.settle(items);
  return { kind: "completed", items };
}

/**
 * A call that its response does not list, and that was answered before or belonged to an attempt that came to nothing,
 * came again by mistake, and is dropped (INV-09). One that is listed is a call, whatever it looks like: some servers count
 * their ids from one in each turn.
 */
function withoutReplays(
  { items, unlisted = [] }: Extract<ResponseEnd, { kind: "completed" }>,
  { conversation, takenBackCalls }: SessionParts,
): readonly Item[] {
  const isReplay = (item: Item): boolean =>
    unlisted.includes(item) &&
    isFunctionCall(item) &&
    (conversation.recordedOutput(item) !== undefined || takenBackCalls.has(item));
  return items.filter((item) => !isReplay(item));
}

async function exchange(
  parts: SessionParts,
  attempt: {
    readonly connection: Connection;
    readonly basis: CreateBasis;
    readonly signal: AbortSignal;
    /** Takes the calls that are done, as they come. */
    readonly calls: FunctionCallItem[];
    readonly show: (text: string) => void;
  },
): Promise<ResponseEnd> {
  const { policies, toolCalls } = parts;
  const { store, previousResponseId, input } = attempt.basis;
  const create: ResponseCreate = {
    ...parts.createBase,
    store,
    ...(previousResponseId === undefined ? {} : { previous_response_id: previousResponseId }),
    input,
  };
  const accumulator = policies.accumulation.forRequest();
  let end: ResponseEnd | undefined;
  const failure = await attempt.connection.exchange({
    frame: JSON.stringify(create),
    signal: attempt.signal,
    read(event) {
      const call = callDoneIn(event);
      if (call !== undefined) {
        attempt.calls.push(call);
        policies.toolDispatch.callDone(call, toolCalls);
      }
      const progress = accumulator.read(event);
      if (progress.text !== undefined) attempt.show(progress.text);
      end = progress.end;
      return end !== undefined;
    },
  });
  return end ?? accumulator.interrupted(failure ?? { kind: "cancelled" });
}
