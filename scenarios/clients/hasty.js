/** A client that waits before its retries as it says, but for the first one, which it sends at once. */
import { retryingClient } from "./retrying.js";

const BACKOFF = { baseMs: 1_000, factor: 2, capMs: 2_000, jitter: "none", attemptsMax: 4, resetOn: "completed" };

export const client = retryingClient({
  name: "hasty",
  contract: { backoff: BACKOFF },
  waitMs: (retry) => (retry === 0 ? 0 : Math.min(BACKOFF.baseMs * BACKOFF.factor ** retry, BACKOFF.capMs)),
  patienceMs: () => 2_000,
  isHopeless: (answer) => answer === 400 || answer === 404,
});
