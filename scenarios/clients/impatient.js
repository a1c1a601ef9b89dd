/** A client that gives an answer so little time that it asks for nearly each of them again. */
import { retryingClient } from "./retrying.js";

export const client = retryingClient({
  name: "impatient",
  contract: {},
  waitMs: () => 1,
  patienceMs: (tried) => (tried === 0 ? 15 : 2_000),
  isHopeless: () => false,
});
