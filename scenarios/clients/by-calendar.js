/**
 * The reference client, but each of its waits ends when the calendar says so: it looks at Date.now again and again. A clock
 * that is set right in between makes it wait for an hour, or not at all.
 */
import {
  createBackoff,
  createDialer,
  createLiveness,
  createMemoryJournal,
  openResponsesSession,
  responsesUrl,
} from "cutwire/responses-client";

const LOOK_EVERY_MS = 20;
const BACKOFF = { baseMs: 20, factor: 2, capMs: 200, jitter: "none", attemptsMax: 8 };

const calendar = {
  nowMs: () => Date.now(),
  startTimer(delayMs, callback) {
    const dueMs = Date.now() + delayMs;
    let timer;
    const wait = (leftMs) => void (timer = setTimeout(look, Math.min(leftMs, LOOK_EVERY_MS)));
    const look = () => (Date.now() >= dueMs ? callback() : wait(dueMs - Date.now()));
    wait(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  wallTime: () => new Date().toISOString(),
};

/** Nothing is left to chance. */
const random = { fork: () => random, integer: (least) => least, ratio: () => 0, hex: (digits) => "0".repeat(digits) };

export const client = {
  name: "by-calendar",
  contract: { backoff: { ...BACKOFF, resetOn: "completed" }, recoveryDeadlineMs: 3_000, idleDeadlineMs: 500 },
  async open({ baseUrl, apiKey, model, tools, report }) {
    const session = openResponsesSession({
      url: responsesUrl(baseUrl),
      apiKey,
      model,
      tools,
      clock: calendar,
      random,
      journal: createMemoryJournal(),
      onSurface: report,
      policies: {
        backoff: createBackoff(BACKOFF),
        liveness: createLiveness({ idleDeadlineMs: 400 }),
        dialer: createDialer({ connectTimeoutMs: 400 }),
      },
    });
    return {
      runTurn: async (text, options) => await session.runTurn(text, options),
      close: async () => await session.close(),
    };
  },
};
