import { once } from "node:events";
import { createServer } from "node:net";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";

/** The image of the Toxiproxy that tests and measurements start: `"ghcr.io/shopify/toxiproxy:2.12.0"`, or another one. */
export const TOXIPROXY_IMAGE: string = process.env["CUTWIRE_TOXIPROXY_IMAGE"] ?? "ghcr.io/shopify/toxiproxy:2.12.0";

const ROUNDS_MAX = 200;
const PAUSE_MS = 50;

/** A port of 127.0.0.1 that was free a moment ago, for a program that cannot choose one itself and say which. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address with a port");
  return address.port;
}

/**
 * Waits until a Toxiproxy that was just started answers.
 *
 * @param apiUrl For example `"http://127.0.0.1:8474"`.
 * @throws Error where it does not within ten seconds
 */
export async function untilToxiproxyAnswers(apiUrl: string): Promise<void> {
  const clock = createSystemClock();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const response = await fetch(`${apiUrl}/version`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok === true) return;
    await sleep(clock, PAUSE_MS);
  }
  throw new Error(`Toxiproxy does not answer at ${apiUrl}`);
}
