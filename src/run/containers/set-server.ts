import type { StartedTestContainer, WaitStrategy } from "testcontainers";

import type { Clock } from "../../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin, sleep } from "../../determinism/waiting.ts";
import { HarnessError, messageOf } from "../../errors.ts";
import type { TargetImage } from "../target.ts";
import { type Engine, PUBLISHED_HOST } from "./engine.ts";

/** The server of a set of containers: what it is started with, and where it is. */
export type SetServer = {
  readonly image: string;
  /** What is run in place of the image's own command; that where absent. */
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it listens in its container for what the wire brings. */
  readonly port: number;
  /** The port that is published on this host: that of its control API, or the same. */
  readonly publishedPort: number;
  /** The path that tells that it is well; without one, whatever it answers does. */
  readonly health?: string;
};

/** Where the reference server listens in its container, and its control API. */
const SERVER_PORT = 8475;
const SERVER_CONTROL_PORT = 8476;

/** The reference server, out of our own image. */
export function referenceServerOf(image: string): SetServer {
  return {
    image,
    command: ["serve", "--host", "0.0.0.0", "--control-host", "0.0.0.0", "--events", "--new-ids"],
    env: {},
    port: SERVER_PORT,
    publishedPort: SERVER_CONTROL_PORT,
    health: "/connections",
  };
}

/** A server of somebody else's. */
export function serverOfImage({ image, port, env, health }: TargetImage): SetServer {
  return { image, env, port, publishedPort: port, ...(health === undefined ? {} : { health }) };
}

const START_DEADLINE_MS = 60_000;
const ANSWER_DEADLINE_MS = 2_000;
const PAUSE_MS = 50;
const LAST_LINES = 8;

/** Where the server of a container is reached from here: `"http://127.0.0.1:49153"`; another port after each start. */
export async function publishedUrl(engine: Engine, containerId: string, { publishedPort }: SetServer): Promise<string> {
  const container = engine.docker.getContainer(containerId);
  const { NetworkSettings } = await engine.call("inspecting the server", container.inspect());
  const binding = NetworkSettings.Ports[`${publishedPort}/tcp`]?.[0];
  return `http://${PUBLISHED_HOST}:${binding?.HostPort ?? "0"}`;
}

/** Whether a server says that it is well. */
export async function isWell(url: string, { health }: SetServer, clock: Clock): Promise<boolean> {
  const giveUp = new AbortController();
  try {
    const asking = fetch(`${url}${health ?? "/"}`, { signal: giveUp.signal, redirect: "manual" });
    const answer = await settleWithin(clock, asking, ANSWER_DEADLINE_MS);
    return answer !== DEADLINE_PASSED && (health === undefined || answer.ok);
  } catch {
    return false;
  } finally {
    giveUp.abort();
  }
}

/** Has Testcontainers wait until a server is well, and say why where it is not. */
export function untilWell(engine: Engine, server: SetServer, clock: Clock): WaitStrategy {
  const strategy: WaitStrategy = {
    withStartupTimeout: () => strategy,
    isStartupTimeoutSet: () => true,
    getStartupTimeout: () => START_DEADLINE_MS,
    async waitUntilReady({ id }) {
      const deadlineMs = clock.nowMs() + START_DEADLINE_MS;
      while (!(await isWell(await publishedUrl(engine, id, server), server, clock))) {
        await expectRunning(engine, id, server);
        if (clock.nowMs() > deadlineMs) throw await neverWell(engine, id, server);
        await sleep(clock, PAUSE_MS);
      }
    },
  };
  return strategy;
}

async function expectRunning(engine: Engine, id: string, { image }: SetServer): Promise<void> {
  const { State } = await engine.call("inspecting the server", engine.docker.getContainer(id).inspect());
  if (State.Running) return;
  const advice = `Try it with "docker run ${image}".`;
  throw unwell(image, `ended with code ${State.ExitCode}. ${advice}`, await lastWords(engine, id));
}

async function neverWell(engine: Engine, id: string, { image, port, health }: SetServer): Promise<HarnessError> {
  const asked = health === undefined ? "to HTTP" : `GET ${health} with a 2xx`;
  const why = `did not answer ${asked} within ${START_DEADLINE_MS / 1_000} s. See that it listens on 0.0.0.0:${port} in its container.`;
  return unwell(image, why, await lastWords(engine, id));
}

function unwell(image: string, why: string, words: string): HarnessError {
  const said = words === "" ? "It said nothing." : `It said last:\n${words}`;
  return new HarnessError("HARNESS_BACKEND_UNAVAILABLE", `The server of the image ${image} ${why} ${said}`, {
    details: { image },
  });
}

/** The end of what a container printed. */
async function lastWords(engine: Engine, id: string): Promise<string> {
  const logs = engine.docker.getContainer(id).logs({ stdout: true, stderr: true, tail: LAST_LINES });
  const bytes = await engine.call("reading the log of the server", logs);
  const lines: string[] = [];
  // Each piece has a head of eight bytes, the last four of which are its size.
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    lines.push(bytes.toString("utf8", at + 8, at + 8 + bytes.readUInt32BE(at + 4)));
  }
  return lines.join("").trimEnd();
}

/**
 * Starts a container of an image, and says in a sentence why it does not start.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`
 */
export async function startContainerOf(
  image: string,
  start: () => Promise<StartedTestContainer>,
): Promise<StartedTestContainer> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError(
      "HARNESS_BACKEND_UNAVAILABLE",
      `No container of the image ${image} can be started: ${messageOf(error)}. See that the name is right, and that the image is here or can be pulled.`,
      { details: { image }, cause: error },
    );
  }
}
