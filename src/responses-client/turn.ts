import { sleep } from "../determinism/waiting.ts";
import { type FunctionCallItem, isFunctionCall } from "../protocol/items.ts";
import { describeFailure } from "./failure.ts";
import { requestResponse } from "./response-request.ts";
import type { SessionParts } from "./session-parts.ts";
import { createVisibleText, textOf } from "./visible-text.ts";

/** How a turn ended; there is no third way (INV-23). */
export type TurnResult =
  { readonly outcome: "completed"; readonly text: string } | { readonly outcome: "failed"; readonly cause: string };

/**
 * One turn: the user's text, then responses and tools in turns until a response asks for no tool.
 *
 * The text belongs to the conversation from the start: a turn that fails does not take it back (INV-44). What an
 * earlier turn left unanswered is answered first.
 */
export async function runTurn(parts: SessionParts, userText: string, signal: AbortSignal): Promise<TurnResult> {
  const { conversation, limits } = parts;
  const sizeBytes = Buffer.byteLength(userText);
  if (sizeBytes > limits.sendQueueSizeBytesMax) {
    // Such a text would stay in the history and no later create could be sent either.
    return stopped(
      parts,
      describeFailure({ kind: "too-large", sizeBytes, sizeBytesMax: limits.sendQueueSizeBytesMax }),
    );
  }
  const answer = conversation.beginTurn(userText);
  if (answer !== undefined) createVisibleText(parts.surface).settle(answer);
  const result: TurnResult =
    answer === undefined ? await runRounds(parts, signal) : { outcome: "completed", text: textOf(answer) };
  conversation.endTurn();
  return result;
}

async function runRounds(parts: SessionParts, signal: AbortSignal): Promise<TurnResult> {
  const { clock, idleLosses, limits, policies, surface } = parts;
  const waitMs = policies.backoff.turnStarted();
  if (waitMs > 0) await sleep(clock, waitMs, signal);
  // A connection that was lost before this turn asked anything of it says nothing about this turn.
  idleLosses.forget();
  for (let responses = 0; responses < limits.responsesPerTurnMax; responses += 1) {
    const outcome = await requestResponse(parts, signal);
    switch (outcome.kind) {
      case "cancelled":
        return CANCELLED;
      case "stopped":
        return stopped(parts, outcome.cause);
      case "gave-up":
        surface({ kind: "gave-up", cause: outcome.cause });
        return { outcome: "failed", cause: outcome.cause };
      case "completed":
    }
    const calls = outcome.items.filter(isFunctionCall);
    if (calls.length === 0) return { outcome: "completed", text: textOf(outcome.items) };
    const isAnswered = await answerCalls(parts, calls, signal);
    if (!isAnswered) return CANCELLED;
  }
  return stopped(parts, `the model still asks for tools after ${limits.responsesPerTurnMax} responses`);
}

const CANCELLED: TurnResult = { outcome: "failed", cause: "cancelled" };

function stopped(parts: SessionParts, cause: string): TurnResult {
  parts.surface({ kind: "error", message: cause });
  return { outcome: "failed", cause };
}

/** False when the turn was cancelled first. The tools then go on, and what they answer in time is still used. */
async function answerCalls(
  parts: SessionParts,
  calls: readonly FunctionCallItem[],
  signal: AbortSignal,
): Promise<boolean> {
  const { policies, toolCalls, connector } = parts;
  if (signal.aborted) return false;
  const answered = policies.toolDispatch.answer({ calls, tools: toolCalls, connectionLost: connector.currentLost() });
  return await new Promise<boolean>((resolve, reject) => {
    const cancel = (): void => resolve(false);
    signal.addEventListener("abort", cancel, { once: true });
    answered.then(() => resolve(true), reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
