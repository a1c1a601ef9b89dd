/**
 * The reference client, but each of its waits ends when the calendar says so: it looks at Date.now again and again. A clock
 * that is set right in between makes it wait for an hour, or not at all.
 */
import { BACKOFF, openSteadySession } from "./steady-session.js";

const LOOK_EVERY_MS = 20;

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

export const client = {
  name: "by-calendar",
  contract: { backoff: { ...BACKOFF, resetOn: "completed" }, recoveryDeadlineMs: 3_000, idleDeadlineMs: 500 },
  open: async (opening) => openSteadySession(opening, { clock: calendar, idleDeadlineMs: 400, connectTimeoutMs: 400 }),
};
