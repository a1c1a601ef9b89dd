import type * as Testcontainers from "testcontainers";

import type { Clock } from "../../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin } from "../../determinism/waiting.ts";
import { HarnessError, messageOf } from "../../errors.ts";
import { importUserPackage } from "../user-package.ts";

/** The engine's own API, as Testcontainers reached it. */
export type Docker = Testcontainers.ContainerRuntimeClient["container"]["dockerode"];

/** A container engine that answers. */
export type Engine = {
  readonly testcontainers: typeof Testcontainers;
  readonly client: Testcontainers.ContainerRuntimeClient;
  readonly docker: Docker;
  /** Labels that have the reaper of Testcontainers remove what bears them; none where it cannot run. */
  readonly reaperLabels: Readonly<Record<string, string>>;
  /** Makes one call of the API, within a deadline. @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE` */
  readonly call: <Value>(what: string, work: Promise<Value>) => Promise<Value>;
};

/** The one address that ports of containers are published on. */
export const PUBLISHED_HOST: string = "127.0.0.1";

const CALL_DEADLINE_MS = 30_000;

/**
 * Finds the container engine of this machine.
 *
 * @throws HarnessError `HARNESS_MISSING_PACKAGE` without Testcontainers, `HARNESS_BACKEND_UNAVAILABLE` without an engine
 */
export async function openEngine(clock: Clock): Promise<Engine> {
  const testcontainers = (await importUserPackage({
    specifier: "testcontainers",
    name: "testcontainers",
    neededBy: 'The backend "container"',
  })) as typeof Testcontainers;
  // Our ports are published on this address alone, also where Testcontainers would take the machine for a container.
  process.env["TESTCONTAINERS_HOST_OVERRIDE"] ??= PUBLISHED_HOST;
  let client: Testcontainers.ContainerRuntimeClient;
  try {
    client = await testcontainers.getContainerRuntimeClient();
  } catch (error) {
    throw new HarnessError(
      "HARNESS_BACKEND_UNAVAILABLE",
      `No container engine answers (${messageOf(error)}). Start Docker, or take --backend embedded, which needs none.`,
      { cause: error },
    );
  }
  return {
    testcontainers,
    client,
    docker: client.container.dockerode,
    reaperLabels: await reaperLabelsOf(testcontainers, client),
    async call(what, work) {
      try {
        const answer = await settleWithin(clock, work, CALL_DEADLINE_MS);
        if (answer !== DEADLINE_PASSED) return answer;
      } catch (error) {
        throw unavailable(`${what} failed: ${messageOf(error)}`, error);
      }
      throw unavailable(`${what} took longer than ${CALL_DEADLINE_MS} ms`);
    },
  };
}

/** The reaper removes everything of ours when this process is gone, however it went. */
async function reaperLabelsOf(
  { getReaper, LABEL_TESTCONTAINERS_SESSION_ID }: typeof Testcontainers,
  client: Testcontainers.ContainerRuntimeClient,
): Promise<Readonly<Record<string, string>>> {
  try {
    const { sessionId } = await getReaper(client);
    return { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId };
  } catch {
    // Its image cannot be had, or it may not reach the engine: then the next start sweeps up.
    process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
    return {};
  }
}

function unavailable(what: string, cause?: unknown): HarnessError {
  return new HarnessError(
    "HARNESS_BACKEND_UNAVAILABLE",
    `The container engine: ${what}. See that it runs and has room.`,
    {
      cause,
    },
  );
}
