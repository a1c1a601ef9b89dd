import type { BackoffContract, Contract } from "./contract.ts";

/** What a known client promises, as its source or documentation says it; everything else is promised by default. */
export type ContractPreset = {
  readonly name: string;
  /** Which client, and in which use of it. */
  readonly title: string;
  /** Where the numbers come from. */
  readonly source: string;
  readonly contract: Partial<Contract>;
};

/** Both SDKs take the same parameters and have the same defaults. */
const SDK_BACKOFF: BackoffContract = {
  baseMs: 500,
  factor: 2,
  capMs: 8_000,
  jitter: { from: 0.75, to: 1 },
  attemptsMax: 5,
  resetOn: "completed",
};

/**
 * What the sockets of both SDKs promise: five attempts take 15.5 s at most. They ask the server to store responses, as
 * the API does by default, and send nothing again that was handed to an open socket.
 */
const SDK_CONTRACT: Partial<Contract> = {
  backoff: SDK_BACKOFF,
  recoveryDeadlineMs: 20_000,
  redialDeadlineMs: 10_000,
  retryAfterVisibleOutput: false,
  store: true,
};

/**
 * Retries are opt-in in both runners and the application says how many; three are assumed here. Neither tries again when
 * a part of the answer was shown.
 */
const AGENTS_CONTRACT: Partial<Contract> = {
  backoff: {
    baseMs: 250,
    factor: 2,
    capMs: 2_000,
    jitter: { share: 0.125 },
    attemptsMax: 3,
    resetOn: "completed",
  },
  recoveryDeadlineMs: 20_000,
  retryAfterVisibleOutput: false,
  store: true,
};

/** Every preset that `--contract` knows by name. */
export const CONTRACT_PRESETS: readonly ContractPreset[] = [
  {
    name: "codex",
    title: "Codex with its default provider: 5 stream retries, then HTTPS with the count at 0 again",
    source: "openai/codex: model_provider_info.rs, responses_retry.rs (protocol.md §6.1)",
    contract: {
      // There is no cap; the fifth delay is the longest.
      backoff: {
        baseMs: 200,
        factor: 2,
        capMs: 3_200,
        jitter: { share: 0.1 },
        attemptsMax: 5,
        resetOn: "completed",
      },
      recoveryDeadlineMs: 60_000,
      idleDeadlineMs: 300_000,
      redialDeadlineMs: 20_000,
      createsPerTurnMax: 12,
      store: false,
      fallback: { afterFailures: 6 },
    },
  },
  {
    name: "openai-node",
    title: "ResponsesWS of openai-node with reconnecting switched on",
    source: "openai-node 7.5: ws-base.ts, internal/ws.ts (protocol.md §6.2)",
    contract: SDK_CONTRACT,
  },
  {
    name: "openai-python",
    title: "responses.connect() of openai-python with on_reconnecting",
    source: "openai-python: responses.connect (protocol.md §6.3)",
    contract: SDK_CONTRACT,
  },
  {
    name: "openai-agents-js",
    title: "The Agents SDK for JavaScript over WebSocket, with retries switched on",
    source: "openai-agents-js: OpenAIResponsesWSModel and the runner's retries (protocol.md §6.5)",
    contract: AGENTS_CONTRACT,
  },
  {
    name: "openai-agents-python",
    title: "The Agents SDK for Python over WebSocket, with retries switched on",
    source: "openai-agents-python: the WebSocket model and the runner's retries (protocol.md §6.5)",
    // The library underneath pings every 20 s and waits 20 s for the answer.
    contract: { ...AGENTS_CONTRACT, idleDeadlineMs: 40_000 },
  },
];
