/** A client that asks again whatever the answer was. */
import { retryingClient } from "./retrying.js";

export const client = retryingClient({
  name: "stubborn",
  contract: {},
  waitMs: (retry) => 100 * 2 ** retry,
  patienceMs: () => 2_000,
  isHopeless: () => false,
});
