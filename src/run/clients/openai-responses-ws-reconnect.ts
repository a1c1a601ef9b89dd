import type { Client } from "../client.ts";
import { adaptOpenaiClient } from "../openai-tool-loop.ts";

/** Shorter than the SDK's own defaults (500 and 8000 ms), through its documented options, so that a suite stays quick. */
const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 800;
const RETRIES_MAX = 5;

/** The same with reconnecting switched on, which takes a handler and nothing else (protocol.md §6.2). */
export const client: Client = await adaptOpenaiClient({
  name: "openai-responses-ws-reconnect",
  contract: {
    store: true,
    recoveryDeadlineMs: 4_000,
    idleDeadlineMs: 1_000,
    backoff: {
      baseMs: INITIAL_DELAY_MS,
      factor: 2,
      capMs: MAX_DELAY_MS,
      jitter: { share: 0.25 },
      attemptsMax: RETRIES_MAX,
      resetOn: "completed",
    },
  },
  socket: {
    reconnect: {
      onReconnecting: () => undefined,
      maxRetries: RETRIES_MAX,
      initialDelay: INITIAL_DELAY_MS,
      maxDelay: MAX_DELAY_MS,
    },
  },
});
