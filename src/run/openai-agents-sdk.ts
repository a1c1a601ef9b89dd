import { provideGlobal } from "../determinism/ambient/ambient-globals.ts";
import type { JsonSchema } from "../protocol/json.ts";
import { importUserPackage } from "./user-package.ts";

/** As much of `@openai/agents` as is used, because its own declarations ask for those of a browser. */
export type AgentsSdk = {
  readonly Agent: new (options: AgentOptions) => SdkAgent;
  readonly OpenAIProvider: new (options: {
    readonly apiKey: string;
    readonly baseURL: string;
    readonly useResponses: boolean;
    readonly useResponsesWebSocket: boolean;
    readonly responsesWebSocketOptions: { readonly pingIntervalMs: number; readonly pingTimeoutMs: number };
  }) => SdkProvider;
  readonly Runner: new (options: {
    readonly modelProvider: SdkProvider;
    readonly tracingDisabled: boolean;
  }) => SdkRunner;
  readonly retryPolicies: {
    any(...policies: readonly RetryPolicy[]): RetryPolicy;
    providerSuggested(): RetryPolicy;
    retryAfter(): RetryPolicy;
    networkError(): RetryPolicy;
    httpStatus(statuses: readonly number[]): RetryPolicy;
  };
  readonly tool: (options: ToolOptions) => SdkTool;
  readonly user: (text: string) => HistoryItem;
};

/** An agent of the SDK, which is only handed on. */
export type SdkAgent = { readonly name: string };
type SdkTool = { readonly name: string };
type SdkProvider = { close(): Promise<void> };
type RetryPolicy = (context: unknown) => unknown;
/** One item of a conversation, which is only handed on. */
export type HistoryItem = { readonly type?: string };

type SdkRunner = {
  run(
    agent: SdkAgent,
    input: readonly HistoryItem[],
    options: { readonly stream: true; readonly signal: AbortSignal },
  ): Promise<StreamedResult>;
};

type StreamedResult = {
  readonly history: readonly HistoryItem[];
  readonly completed: Promise<void>;
  readonly cancelled: boolean;
  toTextStream(): AsyncIterable<string>;
};

type AgentOptions = {
  readonly name: string;
  readonly model: string;
  readonly tools: readonly SdkTool[];
  readonly modelSettings: {
    readonly retry: {
      readonly maxRetries: number;
      readonly policy: RetryPolicy;
      readonly backoff: {
        readonly initialDelayMs: number;
        readonly maxDelayMs: number;
        readonly multiplier: number;
        readonly jitter: boolean;
      };
    };
  };
};

type ToolOptions = {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly strict: boolean;
  execute(
    read: unknown,
    context: unknown,
    details: { readonly toolCall?: { readonly arguments: string } } | undefined,
  ): Promise<string>;
};

/**
 * Loads the Agents SDK, the user's own copy first, and puts the global WebSocket there that it dials with.
 *
 * @param neededBy Who needs it, for the message.
 * @throws HarnessError `HARNESS_MISSING_PACKAGE`
 */
export async function importAgentsSdk(neededBy: string): Promise<AgentsSdk> {
  const sdk = await importUserPackage({ specifier: "@openai/agents", name: "@openai/agents", neededBy });
  const sockets = await importUserPackage({ specifier: "ws", name: "ws", neededBy });
  // The SDK takes the global one, which Node has from version 22 on. That of ws is the same one everywhere, and it is
  // the one that virtual time can hold.
  provideGlobal("WebSocket", (sockets as { readonly default: unknown }).default);
  return sdk as AgentsSdk;
}
