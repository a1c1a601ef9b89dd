import { createLiveness, type Liveness } from "../../../responses-client/liveness.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_IDLE_DEADLINE_MS } from "../../responses-client-adapter.ts";

/** The bug: the watchdog closes politely, and the loss is only known when the peer has answered that. */
const closePolitely: Policy<Liveness> = (context) => {
  const liveness = createLiveness({ idleDeadlineMs: TEST_IDLE_DEADLINE_MS })(context);
  return { watch: (connection) => liveness.watch({ ...connection, abort: () => connection.close() }) };
};

/** M21 of failures.md §4: the watchdog calls close() and waits for the close event. Violates INV-25. */
export const client: Client = adaptResponsesClient("planted:M21", { liveness: closePolitely });
