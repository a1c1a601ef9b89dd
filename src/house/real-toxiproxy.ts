import { execFile } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { promisify } from "node:util";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import { messageOf } from "../errors.ts";

const run = promisify(execFile);
const IMAGE = process.env["CUTWIRE_TOXIPROXY_IMAGE"] ?? "ghcr.io/shopify/toxiproxy:2.12.0";
const ROUNDS_MAX = 200;
const PAUSE_MS = 50;

/**
 * Starts a real Toxiproxy on this host's own network, for the tests of wires that go through one, and answers how to
 * stop it. Where no container engine answers, the tests are told why they are skipped; in CI that is a failure.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env["CUTWIRE_TOXIPROXY_URL"] !== undefined) return async () => undefined;
  const port = await freePort();
  let id: string;
  try {
    const options = ["--detach", "--rm", "--network", "host", IMAGE, "-host=127.0.0.1", `-port=${port}`];
    id = (await run("docker", ["run", ...options])).stdout.trim();
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    const why = messageOf(error).trim().split("\n").at(-1) ?? "";
    console.warn(`\nEvery test through a real Toxiproxy is skipped, because none could be started: ${why}\n`);
    process.env["CUTWIRE_TOXIPROXY_MISSING"] = why;
    return async () => undefined;
  }
  const stop = async (): Promise<void> => void (await run("docker", ["rm", "--force", id]));
  process.env["CUTWIRE_TOXIPROXY_URL"] = `http://127.0.0.1:${port}`;
  try {
    await answers(`http://127.0.0.1:${port}/version`);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<void> {
  const clock = createSystemClock();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(clock, PAUSE_MS);
  }
  throw new Error(`Toxiproxy does not answer at ${url}`);
}
