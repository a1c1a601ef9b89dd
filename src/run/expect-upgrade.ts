import WebSocket from "ws";

import type { Clock } from "../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin } from "../determinism/waiting.ts";
import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";

/** How long a server may take to upgrade a connection on which nothing is done. */
const UPGRADE_DEADLINE_MS = 10_000;

/**
 * Connects once as clients will: a wrong address, path or key is a mistake of whoever runs this, and not of the client.
 *
 * @param endpoint For example `"ws://127.0.0.1:8080/v1/responses"`.
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE` that says what to do
 */
export async function expectUpgrade(endpoint: string, apiKey: string, clock: Clock): Promise<void> {
  const socket = new WebSocket(endpoint, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
    followRedirects: false,
  });
  const answered = new Promise<string | undefined>((resolve) => {
    socket.once("open", () => resolve(undefined));
    socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(adviceOn(statusCode)));
    // It stays: terminating a socket that was never open is an error as well.
    socket.on("error", (error) => {
      const code = systemCodeOf(error);
      resolve(`cannot be reached: ${code ?? messageOf(error)}. Start the server, or check host and port.`);
    });
  });
  try {
    const problem = await settleWithin(clock, answered, UPGRADE_DEADLINE_MS);
    if (problem === undefined) return;
    const why =
      problem === DEADLINE_PASSED
        ? `did not answer the upgrade within ${UPGRADE_DEADLINE_MS / 1_000} s. Check host and port.`
        : problem;
    throw new HarnessError("HARNESS_BACKEND_UNAVAILABLE", `The target ${endpoint} ${why}`, { details: { endpoint } });
  } finally {
    socket.terminate();
  }
}

function adviceOn(status: number): string {
  const answered = `answered the upgrade with ${status}.`;
  if (status === 401 || status === 403) {
    return `${answered} Say which key clients show to it: CUTWIRE_API_KEY=… in the environment.`;
  }
  return `${answered} Check the path: a Responses server upgrades GET …/responses.`;
}
