import type { Server } from "node:http";
import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import { formatAddress } from "./address.ts";
import { createApiServer } from "./api-server.ts";
import type { Interceptor } from "./interceptor.ts";
import { ProxyCollection } from "./proxy-collection.ts";
import { createProxyMetrics } from "./proxy-metrics.ts";

/** How the proxy server is opened. */
export type TcpProxyServerOptions = {
  /** Where the API listens; absent: 127.0.0.1. */
  readonly host?: string;
  /** The port of the API; absent: 8474, as Toxiproxy's. 0 takes any free port. */
  readonly port?: number;
  /** What delays, deadlines and holds are measured with. */
  readonly clock: Clock;
  /** Where toxicity, jitter and request ids come from: the same seed, the same draws for the n-th connection of a proxy. */
  readonly random: Random;
  /** Looks into every connection of every proxy; absent: nobody does, and bytes take the short way. */
  readonly interceptor?: Interceptor;
  /** How long a gate may stay closed before it opens by itself; absent: 10 000 ms. */
  readonly holdDeadlineMs?: number;
  /** Whether a side that only stopped sending may still be answered; absent: no, as Toxiproxy, which closes it whole. */
  readonly keepsHalfClose?: boolean;
};

/** A running fault proxy. */
export type TcpProxyServer = {
  /** The address of the API, for example `"http://127.0.0.1:8474"`, as Toxiproxy's clients want it. */
  readonly apiUrl: string;
  /** Closes the API, every proxy and every connection. Nothing is left open when it resolves. */
  close(): Promise<void>;
};

/**
 * Opens a TCP fault proxy that speaks the HTTP API of Toxiproxy 2.12, so that its clients drive it unmodified.
 *
 * It has Toxiproxy's toxics, and those of ours whose names begin with `cutwire_`.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE` when the API cannot listen there
 */
export async function openTcpProxyServer(options: TcpProxyServerOptions): Promise<TcpProxyServer> {
  const host = options.host ?? "127.0.0.1";
  const proxies = new ProxyCollection({
    clock: options.clock,
    random: options.random.fork("tcp-proxy"),
    interceptor: options.interceptor,
    holdDeadlineMs: options.holdDeadlineMs ?? 10_000,
    keepsHalfClose: options.keepsHalfClose ?? false,
    metrics: createProxyMetrics(),
    liveConnections: new Set(),
  });
  const server = createApiServer({ proxies, random: options.random.fork("request-id"), moreRoutes: [] });
  const port = await listenOn(server, host, options.port ?? 8474);
  let closing: Promise<void> | undefined;
  return {
    apiUrl: `http://${formatAddress({ host, port })}`,
    async close() {
      closing ??= closeAll(server, proxies);
      await closing;
    },
  };
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    throw new HarnessError(
      "HARNESS_PORT_IN_USE",
      `The proxy's API cannot listen on ${formatAddress({ host, port })}: ${messageOf(error)}. Stop what listens there, or choose another port (0 takes any).`,
      { details: { host, port, systemCode: systemCodeOf(error) ?? null }, cause: error },
    );
  }
  const bound = server.address();
  return bound !== null && typeof bound === "object" ? bound.port : port;
}

async function closeAll(server: Server, proxies: ProxyCollection): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await proxies.destroy();
  await closed;
}
