import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import type { ResponseCreate } from "../protocol/client-events.ts";
import { type ClientLimits, DEFAULT_LIMITS } from "./client-limits.ts";
import { type ClientPolicies, openPolicies, type OpenPolicies } from "./client-policies.ts";
import type { ClientTool } from "./client-tool.ts";
import { createConnector } from "./connector.ts";
import { openConversation } from "./conversation.ts";
import type { Journal } from "./journal.ts";
import { createIdleLosses } from "./idle-losses.ts";
import { createTakenBackCalls } from "./taken-back-calls.ts";
import { checkResponsesUrl } from "./responses-url.ts";
import type { SessionParts } from "./session-parts.ts";
import { createToolCalls } from "./tool-calls.ts";
import { runTurn, type TurnResult } from "./turn.ts";
import type { ClientSurface } from "./visible-text.ts";

/** What {@link openResponsesSession} needs. */
export type ResponsesSessionOptions = {
  /** The endpoint, for example `"ws://127.0.0.1:8080/v1/responses"`; `responsesUrl` makes it from an HTTP base URL. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly tools: readonly ClientTool[];
  readonly clock: Clock;
  readonly random: Random;
  /** Remembers the conversation. A journal that is not empty is continued. The caller closes it, after the session. */
  readonly journal: Journal;
  /** System text; it is sent with each create, because the API does not carry it over (protocol.md §2.1). */
  readonly instructions?: string;
  /** Further output to ask for. Absent: the encrypted reasoning, without which a full input lacks what was thought. */
  readonly include?: readonly string[];
  /** Called while a turn runs. */
  readonly onSurface?: (event: ClientSurface) => void;
  readonly policies?: Partial<ClientPolicies>;
  readonly limits?: Partial<ClientLimits>;
};

/** A conversation with a model over the Responses API in WebSocket mode. */
export type ResponsesSession = {
  /**
   * Says something and waits for the answer, tools included. One turn at a time.
   *
   * The same text as that of a turn which a killed process left unfinished in the journal goes on with that turn. It
   * never rejects for what a peer does. A failed turn leaves the session usable: the next turn is accepted.
   *
   * @throws HarnessError `HARNESS_INVALID_OPTION` when a turn is running, or the session is closed
   */
  runTurn(userText: string, options: { readonly signal: AbortSignal }): Promise<TurnResult>;
  /** Cancels the running turn and closes the connection. Tools that still run are not waited for. */
  close(): Promise<void>;
};

/**
 * Opens a session. It dials with the first turn.
 *
 * @example
 * const session = openResponsesSession({
 *   url: responsesUrl("https://api.openai.com/v1"), apiKey, model, tools,
 *   clock: createSystemClock(), random: createRandom(drawSeed()), journal: openFileJournal("session.jsonl"),
 *   policies: { backoff: createBackoff({ attemptsMax: 3 }) },
 * });
 * const result = await session.runTurn("What is the weather?", { signal });
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where the url is none
 */
export function openResponsesSession(options: ResponsesSessionOptions): ResponsesSession {
  checkResponsesUrl(options.url);
  const closing = new AbortController();
  const parts = openParts(options, closing.signal);
  let running: Promise<unknown> | undefined;
  return {
    async runTurn(userText, { signal }) {
      if (closing.signal.aborted) throw refused("The session is closed; open another one.");
      if (running !== undefined) throw refused("A turn is running; wait for its end.");
      const turn = guardedTurn(parts, userText, AbortSignal.any([signal, closing.signal]));
      running = turn.then(
        () => (running = undefined),
        () => (running = undefined),
      );
      return await turn;
    },
    async close() {
      closing.abort();
      await running;
      await parts.connector.close();
    },
  };
}

/** A journal that cannot be written ends the turn: an effect that is not noted could happen twice. */
async function guardedTurn(parts: SessionParts, userText: string, signal: AbortSignal): Promise<TurnResult> {
  try {
    return await runTurn(parts, userText, signal);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    parts.surface({ kind: "error", message: error.message });
    return { outcome: "failed", cause: error.message };
  }
}

function openParts(options: ResponsesSessionOptions, closed: AbortSignal): SessionParts {
  const { clock, url, apiKey } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const policies: OpenPolicies = openPolicies(options.policies ?? {}, { clock, random: options.random });
  const conversation = openConversation(options.journal);
  const idleLosses = createIdleLosses(clock, policies.backoff);
  return {
    clock,
    limits,
    policies,
    conversation,
    idleLosses,
    takenBackCalls: createTakenBackCalls(),
    connector: createConnector({
      url,
      apiKey,
      clock,
      limits,
      policies,
      onIdleLoss: (failure) => idleLosses.add(failure),
    }),
    toolCalls: createToolCalls({ tools: options.tools, conversation, isClosed: () => closed.aborted }),
    createBase: createBaseOf(options),
    surface: options.onSurface ?? (() => undefined),
  };
}

function createBaseOf(options: ResponsesSessionOptions): SessionParts["createBase"] {
  const { model, instructions, include = ["reasoning.encrypted_content"] } = options;
  const tools: ResponseCreate["tools"] = options.tools.map(({ name, description, parameters }) => ({
    type: "function",
    name,
    description,
    parameters,
  }));
  return { type: "response.create", model, include, tools, ...(instructions === undefined ? {} : { instructions }) };
}

function refused(message: string): HarnessError {
  return new HarnessError("HARNESS_INVALID_OPTION", message);
}
