/** The reference client, but a dial of it may take as long as the kernel lets it: no deadline of its own ends one. */
import { BACKOFF, openSteadySession } from "./steady-session.js";

const A_DAY_MS = 86_400_000;

export const client = {
  name: "patient-dialler",
  contract: {
    backoff: { ...BACKOFF, resetOn: "completed" },
    recoveryDeadlineMs: 3_000,
    idleDeadlineMs: 500,
    redialDeadlineMs: 1_000,
  },
  open: async (opening) => openSteadySession(opening, { idleDeadlineMs: 400, connectTimeoutMs: A_DAY_MS }),
};
