import { messageOf } from "../../errors.ts";
import type { Client, ClientContext, ClientSession, TurnResult } from "../client.ts";
import { type HistoryItem, importAgentsSdk, type SdkAgent } from "../openai-agents-sdk.ts";

const NAME = "openai-agents";

/** Shorter than the SDK's own (250 and 2000 ms), through its documented options, so that a suite stays quick. */
const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 400;
/** As in the SDK's example of retries. */
const RETRIES_MAX = 4;
const RETRIED_STATUSES = [408, 409, 429, 500, 502, 503, 504];
const PING_INTERVAL_MS = 400;
const PONG_TIMEOUT_MS = 400;

// Loaded with the module: a package that is missing is no failure of the client, and is said before anything runs.
const sdk = await importAgentsSdk(NAME);

/**
 * The Agents SDK with its WebSocket transport, used as its own examples use it: answers are streamed
 * (examples/basic/stream-ws.ts of openai-agents-js), failed requests are tried again (retry.ts), and each turn is given
 * the history of the run before it (chat.ts), also of one that failed.
 *
 * Pings are switched on, because without them only the deadline of a whole request, ten minutes, ends a dead connection.
 */
export const client: Client = {
  name: NAME,
  contract: {
    store: true,
    recoveryDeadlineMs: 4_000,
    idleDeadlineMs: 1_000,
    retryAfterVisibleOutput: false,
    backoff: {
      baseMs: INITIAL_DELAY_MS,
      factor: 2,
      capMs: MAX_DELAY_MS,
      jitter: { share: 0.125 },
      attemptsMax: RETRIES_MAX,
      resetOn: "completed",
    },
  },
  open: async (context) => await Promise.resolve(openSession(context)),
};

function openSession(context: ClientContext): ClientSession {
  const provider = new sdk.OpenAIProvider({
    apiKey: context.apiKey,
    baseURL: context.baseUrl,
    useResponses: true,
    useResponsesWebSocket: true,
    responsesWebSocketOptions: { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PONG_TIMEOUT_MS },
  });
  // Traces would go to the SDK's maker.
  const runner = new sdk.Runner({ modelProvider: provider, tracingDisabled: true });
  const agent = agentOf(context);
  let history: readonly HistoryItem[] = [];

  async function turn(userText: string, signal: AbortSignal): Promise<string> {
    const result = await runner.run(agent, [...history, sdk.user(userText)], { stream: true, signal });
    let text = "";
    try {
      for await (const piece of result.toTextStream()) {
        text += piece;
        context.report({ kind: "text", text: piece });
      }
      await result.completed;
      if (result.cancelled) throw new Error("cancelled");
      return text;
    } finally {
      history = result.history;
    }
  }

  return {
    async runTurn(userText, { signal }): Promise<TurnResult> {
      try {
        return { outcome: "completed", text: await turn(userText, signal) };
      } catch (error) {
        context.report({ kind: "error", message: messageOf(error) });
        return { outcome: "failed", cause: messageOf(error) };
      }
    },
    close: async () => await provider.close(),
  };
}

function agentOf({ model, tools }: ClientContext): SdkAgent {
  return new sdk.Agent({
    name: "Assistant",
    model,
    modelSettings: {
      retry: {
        maxRetries: RETRIES_MAX,
        backoff: { initialDelayMs: INITIAL_DELAY_MS, maxDelayMs: MAX_DELAY_MS, multiplier: 2, jitter: true },
        policy: sdk.retryPolicies.any(
          sdk.retryPolicies.providerSuggested(),
          sdk.retryPolicies.retryAfter(),
          sdk.retryPolicies.networkError(),
          sdk.retryPolicies.httpStatus(RETRIED_STATUSES),
        ),
      },
    },
    tools: tools.map((tool) =>
      sdk.tool({
        name: tool.name,
        description: tool.description,
        parameters: tool.parameters,
        strict: false,
        // As the model said them: what the SDK read of them would be written another way.
        execute: async (_read, _context, details) => await tool.run(details?.toolCall?.arguments ?? ""),
      }),
    ),
  });
}
