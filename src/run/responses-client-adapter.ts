import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { createSystemClock } from "../determinism/clock.ts";
import { createRandom, drawSeed } from "../determinism/random.ts";
import type { Contract } from "../plan/contract.ts";
import { createBackoff } from "../responses-client/backoff.ts";
import type { ClientPolicies } from "../responses-client/client-policies.ts";
import { createDialer } from "../responses-client/dial.ts";
import { openFileJournal } from "../responses-client/journal.ts";
import { createLiveness } from "../responses-client/liveness.ts";
import { responsesUrl } from "../responses-client/responses-url.ts";
import { openResponsesSession } from "../responses-client/session.ts";
import type { Client } from "./client.ts";

/** Deadlines that suit tests on a wall clock: everything that a user would wait seconds for happens in milliseconds. */
const BACKOFF = { baseMs: 20, factor: 2, capMs: 200, jitter: "full", attemptsMax: 8 } as const;
const IDLE_DEADLINE_MS = 400;
const CONNECT_TIMEOUT_MS = 400;

/** What the reference client promises with these deadlines. */
const CONTRACT: Partial<Contract> = {
  toolEffects: "at-most-once",
  backoff: { ...BACKOFF, resetOn: "completed" },
  recoveryDeadlineMs: 3_000,
  idleDeadlineMs: IDLE_DEADLINE_MS,
  redialDeadlineMs: 1_000,
  progressDeadlineMs: 10_000,
  store: false,
};

/**
 * Makes a client under test of the reference client, with some of its policies replaced.
 *
 * @example adaptResponsesClient("planted:M11", { toolDispatch: startEarlyAndForget })
 */
export function adaptResponsesClient(name: string, policies: Partial<ClientPolicies>): Client {
  return {
    name,
    contract: CONTRACT,
    async open(context) {
      mkdirSync(context.stateDirectory, { recursive: true });
      const journal = openFileJournal(join(context.stateDirectory, "journal.jsonl"));
      const session = openResponsesSession({
        url: responsesUrl(context.baseUrl),
        apiKey: context.apiKey,
        model: context.model,
        tools: context.tools,
        clock: createSystemClock(),
        random: createRandom(drawSeed(), "reference-client"),
        journal,
        onSurface: (event) => context.report(event),
        policies: {
          backoff: createBackoff(BACKOFF),
          liveness: createLiveness({ idleDeadlineMs: IDLE_DEADLINE_MS }),
          dialer: createDialer({ connectTimeoutMs: CONNECT_TIMEOUT_MS }),
          ...policies,
        },
      });
      return {
        runTurn: async (userText, options) => await session.runTurn(userText, options),
        async close() {
          await session.close();
          journal.close();
        },
      };
    },
  };
}
