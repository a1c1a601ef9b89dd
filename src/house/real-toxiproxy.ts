import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { messageOf } from "../errors.ts";
import { freePort, TOXIPROXY_IMAGE, untilToxiproxyAnswers } from "./local-toxiproxy.ts";

const run = promisify(execFile);

/**
 * Starts a real Toxiproxy on this host's own network, for the tests of wires that go through one, and answers how to
 * stop it. Where no container engine answers, the tests are told why they are skipped; in CI that is a failure.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env["CUTWIRE_TOXIPROXY_URL"] !== undefined) return async () => undefined;
  const port = await freePort();
  let id: string;
  try {
    const options = ["--detach", "--rm", "--network", "host", TOXIPROXY_IMAGE, "-host=127.0.0.1", `-port=${port}`];
    id = (await run("docker", ["run", ...options])).stdout.trim();
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    const why = messageOf(error).trim().split("\n").at(-1) ?? "";
    console.warn(`\nEvery test through a real Toxiproxy is skipped, because none could be started: ${why}\n`);
    process.env["CUTWIRE_TOXIPROXY_MISSING"] = why;
    return async () => undefined;
  }
  const stop = async (): Promise<void> => void (await run("docker", ["rm", "--force", id]));
  const apiUrl = `http://127.0.0.1:${port}`;
  process.env["CUTWIRE_TOXIPROXY_URL"] = apiUrl;
  try {
    await untilToxiproxyAnswers(apiUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
