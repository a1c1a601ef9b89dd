import {
  createBackoff,
  createDialer,
  createLiveness,
  createMemoryJournal,
  openResponsesSession,
  responsesUrl,
} from "cutwire/responses-client";

/** How a steady session waits between attempts. */
export const BACKOFF = { baseMs: 20, factor: 2, capMs: 200, jitter: "none", attemptsMax: 8 };

const machineClock = {
  nowMs: () => performance.now(),
  startTimer(delayMs, callback) {
    const timer = setTimeout(() => callback(), delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  wallTime: () => new Date().toISOString(),
};

/** Nothing is left to chance. */
const random = { fork: () => random, integer: (least) => least, ratio: () => 0, hex: (digits) => "0".repeat(digits) };

/**
 * Opens a session of the reference client in which nothing is left to chance, with deadlines, in ms, of one's own:
 * `{ idleDeadlineMs: 400, connectTimeoutMs: 400 }`. Absent `clock`: the machine's.
 */
export function openSteadySession(
  { baseUrl, apiKey, model, tools, report },
  { clock = machineClock, idleDeadlineMs, connectTimeoutMs },
) {
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
      liveness: createLiveness({ idleDeadlineMs }),
      dialer: createDialer({ connectTimeoutMs }),
    },
  });
  return {
    runTurn: async (text, options) => await session.runTurn(text, options),
    close: async () => await session.close(),
  };
}
