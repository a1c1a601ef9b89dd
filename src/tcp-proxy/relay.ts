import type { Clock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { Interceptor } from "./interceptor.ts";
import { Proxy } from "./proxy.ts";
import { createProxyMetrics } from "./proxy-metrics.ts";

/** How a relay is opened. */
export type RelayOptions = {
  /** What its connections call it in {@link Interceptor.connected}. */
  readonly name: string;
  /** `host:port`; port 0 takes any free one. */
  readonly listen: string;
  /** `host:port` of what is dialled for every connection. */
  readonly upstream: string;
  readonly interceptor: Interceptor;
  readonly clock: Clock;
  /** How long a gate may stay closed before it opens by itself, in ms. */
  readonly holdDeadlineMs: number;
};

/** A port whose connections are passed on as they are: no toxics, no API, and a half-closed side can still be answered. */
export type Relay = {
  /** Where it listens, for example `"127.0.0.1:40123"`. */
  readonly listen: string;
  /** Closes its port and ends its connections with a FIN, until {@link Relay.resume}. */
  pause(): void;
  /** Listens again, at the same place. */
  resume(): Promise<void>;
  /** Destroys every connection and closes the port. */
  close(): void;
};

/**
 * Opens a relay.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE` when it cannot listen there
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { name, listen, upstream, interceptor, clock, holdDeadlineMs } = options;
  const liveConnections = new Set<Connection>();
  const proxy = new Proxy(
    name,
    { listen, upstream },
    {
      clock,
      // Without toxics nothing is left to chance.
      random: createRandom(0, "relay"),
      interceptor,
      holdDeadlineMs,
      keepsHalfClose: true,
      metrics: createProxyMetrics(),
      liveConnections,
    },
  );
  async function start(): Promise<void> {
    try {
      await proxy.start();
    } catch (error) {
      throw new HarnessError(
        "HARNESS_PORT_IN_USE",
        `A relay cannot listen on ${proxy.listen}: ${messageOf(error)}. Stop what listens there, or choose another port.`,
        { details: { listen: proxy.listen, systemCode: systemCodeOf(error) ?? null }, cause: error },
      );
    }
  }
  await start();
  return {
    listen: proxy.listen,
    pause: () => proxy.stop(),
    resume: start,
    close() {
      proxy.stop();
      for (const connection of liveConnections) connection.destroy();
    },
  };
}
