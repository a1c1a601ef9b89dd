/**
 * The reference client with deadlines so long that a busy machine does not make them pass: what it does depends on
 * what comes over the wire, and not on when.
 */
import {
  createBackoff,
  createDialer,
  createLiveness,
  createMemoryJournal,
  openResponsesSession,
  responsesUrl,
} from "cutwire/responses-client";

const IDLE_DEADLINE_MS = 6_000;

const clock = {
  nowMs: () => performance.now(),
  startTimer(delayMs, callback) {
    const timer = setTimeout(() => callback(), delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  wallTime: () => new Date().toISOString(),
};

/** Nothing is left to chance. */
const random = {
  fork: () => random,
  integer: (least) => least,
  ratio: () => 0,
  hex: (digits) => "0".repeat(digits),
};

export const client = {
  name: "patient",
  contract: { idleDeadlineMs: IDLE_DEADLINE_MS, recoveryDeadlineMs: 20_000, redialDeadlineMs: 20_000, store: false },
  async open({ baseUrl, apiKey, model, tools, report }) {
    const session = openResponsesSession({
      url: responsesUrl(baseUrl),
      apiKey,
      model,
      tools,
      clock,
      random,
      journal: createMemoryJournal(),
      onSurface: report,
      policies: {
        backoff: createBackoff({ baseMs: 20, factor: 2, capMs: 200, jitter: "none", attemptsMax: 8 }),
        liveness: createLiveness({ idleDeadlineMs: IDLE_DEADLINE_MS }),
        dialer: createDialer({ connectTimeoutMs: IDLE_DEADLINE_MS }),
      },
    });
    return {
      runTurn: async (text, options) => await session.runTurn(text, options),
      close: async () => await session.close(),
    };
  },
};
