import type { Client } from "../client.ts";
import { adaptOpenaiClient } from "../openai-tool-loop.ts";

/** `ResponsesWS` of the `openai` package as in the SDK's example, with its reconnecting left off, as it is by default. */
export const client: Client = await adaptOpenaiClient({
  name: "openai-responses-ws",
  contract: { store: true, recoveryDeadlineMs: 2_000, idleDeadlineMs: 1_000 },
  socket: {},
});
