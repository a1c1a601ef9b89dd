/** The reference client, but a dial of it may take as long as the kernel lets it: no deadline of its own ends one. */
import {
  createBackoff,
  createDialer,
  createLiveness,
  createMemoryJournal,
  openResponsesSession,
  responsesUrl,
} from "cutwire/responses-client";

const BACKOFF = { baseMs: 20, factor: 2, capMs: 200, jitter: "none", attemptsMax: 8 };

const clock = {
  nowMs: () => performance.now(),
  startTimer(delayMs, callback) {
    const timer = setTimeout(() => callback(), delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  wallTime: () => new Date().toISOString(),
};

/** Nothing is left to chance. */
const random = { fork: () => random, integer: (least) => least, ratio: () => 0, hex: (digits) => "0".repeat(digits) };

export const client = {
  name: "patient-dialler",
  contract: {
    backoff: { ...BACKOFF, resetOn: "completed" },
    recoveryDeadlineMs: 3_000,
    idleDeadlineMs: 500,
    redialDeadlineMs: 1_000,
  },
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
        backoff: createBackoff(BACKOFF),
        liveness: createLiveness({ idleDeadlineMs: 400 }),
        dialer: createDialer({ connectTimeoutMs: 86_400_000 }),
      },
    });
    return {
      runTurn: async (text, options) => await session.runTurn(text, options),
      close: async () => await session.close(),
    };
  },
};
