import { createDialer, type Dialer } from "../../../responses-client/dial.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_CONNECT_TIMEOUT_MS } from "../../responses-client-adapter.ts";

/** The bug: the end of a socket dials by itself, beside the session, which does the same for the failed request. */
const dialOnClose: Policy<Dialer> = (context) => {
  const dialer = createDialer({ connectTimeoutMs: TEST_CONNECT_TIMEOUT_MS })(context);
  return {
    ...dialer,
    dial(request) {
      const socket = dialer.dial(request);
      let wasOpen = false;
      socket.once("open", () => (wasOpen = true));
      socket.once("close", (code) => {
        if (wasOpen && code === 1006) dialer.dial(request).on("error", () => undefined);
      });
      return socket;
    },
  };
};

/** M25 of failures.md §4: error and close each schedule their own reconnect. Violates INV-36. */
export const client: Client = adaptResponsesClient("planted:M25", { dialer: dialOnClose });
