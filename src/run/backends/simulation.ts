import assert from "node:assert/strict";

import type { Capability } from "../../plan/fault-description.ts";
import { runInWorld, type WorldOptions } from "../../simulation/run-in-world.ts";
import type { SimulatedNetwork } from "../../simulation/simulated-network.ts";
import { type LocalProxy, openLocalProxies } from "../../tcp-proxy/local-proxies.ts";
import type { ProxyNetwork } from "../../tcp-proxy/network.ts";
import type { Backend } from "../backend.ts";
import { loadClient } from "../client-host/load-client.ts";
import { openProxyWire, PROXY_CAPABILITIES } from "../proxy-wire.ts";
import { createWireTap } from "../tap/wire-tap.ts";
import type { ControlledProxy } from "../toxiproxy-control.ts";
import { startWorldClient } from "../world-client.ts";

const HOST = "127.0.0.1";

/** What the proxy can do, and what can be done to nothing real. */
const SIMULATION_CAPABILITIES: ReadonlySet<Capability> = new Set([...PROXY_CAPABILITIES, "ignore-dial", "step-clock"]);

/** How long a gate may stay closed: the same as the proxy's own default. */
const HOLD_DEADLINE_MS = 10_000;

/**
 * Virtual time: the same proxy, faces, server and clients, on a simulated network, with the same outcome for the same
 * plan on every machine. The client runs inside the harness's process.
 */
export const simulation: Backend = createSimulation({});

/** The same with a driver of one's choice, see `WorldOptions.driver`. */
export function createSimulation({ driver }: Pick<WorldOptions, "driver">): Backend {
  return {
    name: "simulation",
    capabilities: SIMULATION_CAPABILITIES,
    isRepeatable: true,
    async surround({ plan, client }, run) {
      // A module is loaded in real time, because reading files does not wait for a virtual one.
      const loaded = typeof client === "string" ? await loadClient(client) : client;
      return await runInWorld(
        driver === undefined ? { seed: plan.seed } : { seed: plan.seed, driver },
        async (world) =>
          await run({ clock: world.clock, world, startClient: async () => startWorldClient(loaded, world) }),
      );
    },
    async open({ world, clock, random, sessionCount, upstream, ...context }) {
      assert(world !== undefined, "the simulation was opened outside of its world");
      const tap = createWireTap({ clock, sessionCount, ...context });
      const proxies = openLocalProxies({
        network: proxyNetworkOf(world.network),
        clock,
        random,
        interceptor: tap.interceptor,
        holdDeadlineMs: HOLD_DEADLINE_MS,
      });
      const wires = [];
      for (let session = 0; session < sessionCount; session += 1) {
        const proxy = await proxies.create({
          name: tap.proxyName(session),
          listen: `${HOST}:0`,
          upstream: `${upstream.host}:${upstream.port}`,
        });
        wires.push(openProxyWire(session, controlOf(proxy, world.network), tap.session(session)));
      }
      return { wires, close: async () => await proxies.close() };
    },
  };
}

function proxyNetworkOf(network: SimulatedNetwork): ProxyNetwork {
  return {
    async listen({ port }, accept) {
      const listener = network.listenForPorts(port, accept);
      return { address: { host: HOST, port: listener.port }, close: () => listener.close() };
    },
    dial: (address) => network.dialPort(address),
  };
}

function controlOf(proxy: LocalProxy, network: SimulatedNetwork): ControlledProxy {
  let toxics = 0;
  return {
    get listen() {
      return proxy.listen;
    },
    async addToxic({ type, direction, attributes }) {
      toxics += 1;
      const toxic = await proxy.addToxic({ name: `${type}-${toxics}`, type, direction, attributes });
      return { undo: async () => toxic.remove() };
    },
    async disable() {
      await proxy.setEnabled(false);
      return { undo: async () => await proxy.setEnabled(true) };
    },
    async vanish(onDial) {
      const ignored = network.ignoreDials(Number(proxy.listen.split(":").at(-1)), onDial);
      await proxy.setEnabled(false);
      return {
        async undo() {
          await proxy.setEnabled(true);
          ignored.undo();
        },
      };
    },
    remove: async () => await proxy.remove(),
  };
}
