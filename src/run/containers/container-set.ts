import type { StartedTestContainer, WaitStrategy } from "testcontainers";

import type { Clock } from "../../determinism/clock.ts";
import { drawSeed } from "../../determinism/random.ts";
import { createDeferred } from "../../determinism/waiting.ts";
import type { TargetImage } from "../target.ts";
import { type Engine, openEngine, PUBLISHED_HOST } from "./engine.ts";
import { ensureImage } from "./image.ts";
import { OWNER_LABEL, ownName, SET_LABEL } from "./owner.ts";
import { referenceServerOf, serverOfImage, type SetServer, startContainerOf, untilWell } from "./set-server.ts";
import { removeSet, sweepLeftovers } from "./sweep.ts";

/** What a set is opened with. */
export type ContainerSetOptions = {
  /** How many sessions it has ports for. */
  readonly sessionsMax: number;
  readonly clock: Clock;
  /** Whose server stands in it; the reference server where absent. */
  readonly target?: TargetImage;
};

/** The containers of the backend, which many runs share: server, tap and Toxiproxy on a network of their own. */
export type ContainerSet = {
  readonly engine: Engine;
  /** Toxiproxy's API as it is reached from here. */
  readonly toxiproxyUrl: string;
  readonly tapUrl: string;
  /** By slot: where Toxiproxy listens in its container, where that is reached from here, and what it dials. */
  readonly slots: readonly { readonly listen: string; readonly reachedAt: string; readonly upstream: string }[];
  readonly server: SetServer;
  /** The name of the server between the containers, which no other set has. */
  readonly serverName: string;
  /** The id of the server's container, and of the network between it and the tap. */
  readonly serverId: string;
  readonly dataNetworkId: string;
  close(): Promise<void>;
};

const SERVER_NAME = "target";
const TAP_NAME = "tap";
const TAP_CONTROL_PORT = 8477;
const TAP_PORT_FIRST = 9000;
const TOXIPROXY_API_PORT = 8474;
const TOXIPROXY_PORT_FIRST = 8666;
const TOXIPROXY_IMAGE = "ghcr.io/shopify/toxiproxy:2.12.0";
const START_DEADLINE_MS = 60_000;

/**
 * Starts a set.
 *
 * Two networks: `control`, whose ports are published on 127.0.0.1, and `data`, which has no way out, so that the server
 * can be taken off it and still be controlled.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`, `HARNESS_MISSING_PACKAGE`
 */
export async function openContainerSet(options: ContainerSetOptions): Promise<ContainerSet> {
  const { sessionsMax, clock, target } = options;
  const engine = await openEngine(clock);
  const sweeping = sweepLeftovers(engine);
  const image = await ensureImage(engine);
  await sweeping;
  const set = `cutwire-${drawSeed().toString(36)}`;
  const close = async (): Promise<void> => await removeSet(engine, set);
  try {
    const networks = await openNetworks(engine, set);
    const settings = target === undefined ? referenceServerOf(image) : serverOfImage(target);
    const started = await startContainers(engine, { set, image, sessionsMax, networks, clock, server: settings });
    const port = (container: StartedTestContainer, inside: number): number => container.getMappedPort(inside);
    const { server, tap, toxiproxy } = started;
    return {
      engine,
      toxiproxyUrl: `http://${PUBLISHED_HOST}:${port(toxiproxy, TOXIPROXY_API_PORT)}`,
      tapUrl: `http://${PUBLISHED_HOST}:${port(tap, TAP_CONTROL_PORT)}`,
      slots: Array.from({ length: sessionsMax }, (_, slot) => ({
        listen: `0.0.0.0:${TOXIPROXY_PORT_FIRST + slot}`,
        reachedAt: `${PUBLISHED_HOST}:${port(toxiproxy, TOXIPROXY_PORT_FIRST + slot)}`,
        upstream: `${set}-${TAP_NAME}:${TAP_PORT_FIRST + slot}`,
      })),
      server: settings,
      serverName: `${set}-${SERVER_NAME}`,
      serverId: server.getId(),
      dataNetworkId: networks.dataId,
      close,
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

type Networks = { readonly controlName: string; readonly dataId: string };

async function openNetworks(engine: Engine, set: string): Promise<Networks> {
  const labels = labelsOf(engine, set);
  const create = async (name: string, isInternal: boolean): Promise<string> => {
    const network = await engine.call(
      `creating the network ${name}`,
      engine.docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        Internal: isInternal,
        Labels: labels,
        Options: isInternal ? {} : { "com.docker.network.bridge.host_binding_ipv4": PUBLISHED_HOST },
      }),
    );
    return network.id;
  };
  const controlName = `${set}-control`;
  const [dataId] = await Promise.all([create(`${set}-data`, true), create(controlName, false)]);
  return { controlName, dataId };
}

function labelsOf(engine: Engine, set: string): Record<string, string> {
  return { [OWNER_LABEL]: ownName(), [SET_LABEL]: set, ...engine.reaperLabels };
}

type StartOptions = {
  readonly set: string;
  readonly image: string;
  readonly sessionsMax: number;
  readonly networks: Networks;
  readonly clock: Clock;
  readonly server: SetServer;
};

type StartedContainers = {
  readonly server: StartedTestContainer;
  readonly tap: StartedTestContainer;
  readonly toxiproxy: StartedTestContainer;
};

/** How one container is started: its name in the set, its image, its command, and how it tells that it is well. */
type ContainerStart = {
  readonly name: string;
  readonly from: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  readonly wait: WaitStrategy;
};

async function startContainers(engine: Engine, options: StartOptions): Promise<StartedContainers> {
  const { set, image, sessionsMax, networks, server, clock } = options;
  const { GenericContainer, Wait } = engine.testcontainers;
  const labels = labelsOf(engine, set);
  const last = TAP_PORT_FIRST + sessionsMax - 1;
  const toxiproxyPorts = Array.from({ length: sessionsMax }, (_, slot) => TOXIPROXY_PORT_FIRST + slot);
  const start = async ({ name, from, command, env, ports, wait }: ContainerStart): Promise<StartedTestContainer> => {
    const container = new GenericContainer(from)
      .withName(`${set}-${name}`)
      .withLabels(labels)
      .withEnvironment({ ...env })
      .withNetworkMode(networks.controlName)
      .withExposedPorts(...ports)
      .withWaitStrategy(wait)
      .withStartupTimeout(START_DEADLINE_MS);
    const started = await startContainerOf(
      from,
      async () => await (command === undefined ? container : container.withCommand([...command])).start(),
    );
    const place = { networkId: networks.dataId, containerId: started.getId(), name: `${set}-${name}` };
    await joinData(engine, place);
    return started;
  };
  const listen = [
    "--listen",
    `0.0.0.0:${TAP_PORT_FIRST}-${last}`,
    "--upstream",
    `${set}-${SERVER_NAME}:${server.port}`,
  ];
  const [serverContainer, tap, toxiproxy] = await allOrNone([
    start({
      ...server,
      name: SERVER_NAME,
      from: server.image,
      ports: [server.publishedPort],
      wait: untilWell(engine, server, clock),
    }),
    start({
      name: TAP_NAME,
      from: image,
      command: ["tap", ...listen, "--control", `0.0.0.0:${TAP_CONTROL_PORT}`],
      ports: [TAP_CONTROL_PORT],
      wait: Wait.forHttp("/health", TAP_CONTROL_PORT),
    }),
    start({
      name: "toxiproxy",
      from: process.env["CUTWIRE_TOXIPROXY_IMAGE"] || TOXIPROXY_IMAGE,
      command: ["-host=0.0.0.0"],
      ports: [TOXIPROXY_API_PORT, ...toxiproxyPorts],
      wait: Wait.forHttp("/version", TOXIPROXY_API_PORT),
    }),
  ]);
  return { server: serverContainer, tap, toxiproxy };
}

/** Joins the network between the containers, under a name. */
export async function joinData(
  { docker, call }: Engine,
  { networkId, containerId, name }: { readonly networkId: string; readonly containerId: string; readonly name: string },
): Promise<void> {
  const endpoint = { Container: containerId, EndpointConfig: { Aliases: [name] } };
  await call(`connecting ${name}`, docker.getNetwork(networkId).connect(endpoint));
}

/** Waits for all, also where one fails: what is removed then must not be under way any more. */
async function allOrNone<Value>(
  work: readonly [Promise<Value>, Promise<Value>, Promise<Value>],
): Promise<[Value, Value, Value]> {
  const settled = createDeferred<void>();
  void Promise.allSettled(work).then(() => settled.resolve());
  try {
    return await Promise.all(work);
  } finally {
    await settled.promise;
  }
}
