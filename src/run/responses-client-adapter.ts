import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { createSystemClock } from "../determinism/clock.ts";
import { createRandom, drawSeed } from "../determinism/random.ts";
import type { BackoffContract, Contract } from "../plan/contract.ts";
import { type BackoffOptions, createBackoff } from "../responses-client/backoff.ts";
import type { ClientPolicies } from "../responses-client/client-policies.ts";
import { createDialer } from "../responses-client/dial.ts";
import { createMemoryJournal, type Journal, openFileJournal } from "../responses-client/journal.ts";
import { createLiveness } from "../responses-client/liveness.ts";
import { responsesUrl } from "../responses-client/responses-url.ts";
import { openResponsesSession } from "../responses-client/session.ts";
import type { Client, ClientContext } from "./client.ts";

/**
 * Deadlines that suit tests on a wall clock: everything that a user would wait seconds for happens in milliseconds.
 *
 * The jitter is the equal one: under full jitter no single wait is too short, so nothing could be told from it.
 */
export const TEST_BACKOFF: BackoffOptions &
  Pick<BackoffContract, "baseMs" | "factor" | "capMs" | "jitter" | "attemptsMax"> = {
  baseMs: 20,
  factor: 2,
  capMs: 200,
  jitter: "equal",
  attemptsMax: 8,
};

/** How long the peer of a running request may be silent. */
export const TEST_IDLE_DEADLINE_MS = 400;
/** How long an upgrade may take. */
export const TEST_CONNECT_TIMEOUT_MS = 400;

/** What the reference client promises with these deadlines. */
const CONTRACT: Partial<Contract> = {
  toolEffects: "at-most-once",
  backoff: { ...TEST_BACKOFF, resetOn: "completed" },
  recoveryDeadlineMs: 3_000,
  idleDeadlineMs: TEST_IDLE_DEADLINE_MS,
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
      const journal = openJournal(context);
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
          backoff: createBackoff(TEST_BACKOFF),
          liveness: createLiveness({ idleDeadlineMs: TEST_IDLE_DEADLINE_MS }),
          dialer: createDialer({ connectTimeoutMs: TEST_CONNECT_TIMEOUT_MS }),
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

/** In the folder of the session, or where it has a memory instead, in that. */
function openJournal({ stateDirectory, memory }: ClientContext): Journal {
  if (memory === undefined) {
    mkdirSync(stateDirectory, { recursive: true });
    return openFileJournal(join(stateDirectory, "journal.jsonl"));
  }
  const kept = memory.get("journal");
  if (isJournal(kept)) return kept;
  const journal = createMemoryJournal();
  memory.set("journal", journal);
  return journal;
}

function isJournal(kept: unknown): kept is Journal {
  return typeof kept === "object" && kept !== null && "append" in kept && "read" in kept && "close" in kept;
}
