import type { Server } from "node:http";
import { createSystemClock, type Clock } from "../determinism/clock.ts";
import { createRandom, drawSeed, type Random } from "../determinism/random.ts";
import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import { formatAddress } from "./address.ts";
import { decodeBody } from "./api-body.ts";
import { ApiError } from "./api-error.ts";
import type { ApiRoute } from "./api-routes.ts";
import { createApiServer } from "./api-server.ts";
import type { Interceptor } from "./interceptor.ts";
import { METRICS_TYPE, printMetrics } from "./metrics-text.ts";
import { decodeProxies } from "./proxy-body.ts";
import { ProxyCollection } from "./proxy-collection.ts";
import { createProxyMetrics, type ProxyMetrics } from "./proxy-metrics.ts";

/** A proxy to begin with, for example `{ name: "api", listen: "127.0.0.1:9000", upstream: "127.0.0.1:3000" }`. */
export type ProxyConfig = {
  readonly name: string;
  /** `host:port`; port 0 takes any, and an absent address any port on every address of the machine. */
  readonly listen?: string;
  /** `host:port` of what is dialled for every client. */
  readonly upstream: string;
  /** Absent: true. */
  readonly enabled?: boolean;
};

/** How the proxy server is opened. */
export type TcpProxyServerOptions = {
  /** Where the API listens; absent: 127.0.0.1. */
  readonly host?: string;
  /** The port of the API; absent: 8474, as Toxiproxy's. 0 takes any free port. */
  readonly port?: number;
  /** What delays, deadlines and holds are measured with; absent: the machine's clock. */
  readonly clock?: Clock;
  /** Decides toxicity, jitter and request ids: the same seed, the same draws for the n-th connection of a proxy. */
  readonly seed?: number;
  /** The stream to draw from instead of one that is made from `seed`; both absent: a seed that nobody chose. */
  readonly random?: Random;
  /** Looks into every connection of every proxy; absent: nobody does, and bytes take the short way. */
  readonly interceptor?: Interceptor;
  /** How long a gate may stay closed before it opens by itself; absent: 10 000 ms. */
  readonly holdDeadlineMs?: number;
  /** Whether a side that only stopped sending may still be answered; absent: no, as Toxiproxy, which closes it whole. */
  readonly keepsHalfClose?: boolean;
  /** Proxies to begin with, as `POST /populate` takes them; absent: none. */
  readonly config?: readonly ProxyConfig[];
  /** Whether `GET /metrics` tells the bytes of each proxy; absent: no. */
  readonly proxyMetrics?: boolean;
  /** Whether `GET /metrics` tells figures of this process; absent: no. */
  readonly runtimeMetrics?: boolean;
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
 * @throws HarnessError `HARNESS_PORT_IN_USE` when the API cannot listen there, `HARNESS_INVALID_OPTION` when a proxy of
 * the config cannot be created
 */
export async function openTcpProxyServer(options: TcpProxyServerOptions): Promise<TcpProxyServer> {
  const host = options.host ?? "127.0.0.1";
  const metrics = createProxyMetrics();
  const random = options.random ?? createRandom(options.seed ?? drawSeed(), "tcp-proxy");
  const proxies = new ProxyCollection({
    clock: options.clock ?? createSystemClock(),
    random: random.fork("connections"),
    interceptor: options.interceptor,
    holdDeadlineMs: options.holdDeadlineMs ?? 10_000,
    keepsHalfClose: options.keepsHalfClose ?? false,
    metrics,
    liveConnections: new Set(),
  });
  const server = createApiServer({
    proxies,
    random: random.fork("request-id"),
    moreRoutes: metricsRoutes(options, metrics),
  });
  const port = await listenOn(server, host, options.port ?? 8474);
  await populate(proxies, options.config ?? [], async () => await closeAll(server, proxies));
  let closing: Promise<void> | undefined;
  return {
    apiUrl: `http://${formatAddress({ host, port })}`,
    async close() {
      closing ??= closeAll(server, proxies);
      await closing;
    },
  };
}

function metricsRoutes(options: TcpProxyServerOptions, metrics: ProxyMetrics): readonly ApiRoute[] {
  const { proxyMetrics = false, runtimeMetrics = false } = options;
  if (!proxyMetrics && !runtimeMetrics) return [];
  const sources = { proxies: proxyMetrics ? metrics : undefined, hasRuntime: runtimeMetrics };
  const show = (): { status: number; contentType: string; body: string } => ({
    status: 200,
    contentType: METRICS_TYPE,
    body: printMetrics(sources),
  });
  return [{ path: "/metrics", methods: { "*": show } }];
}

async function populate(
  proxies: ProxyCollection,
  config: readonly ProxyConfig[],
  giveUp: () => Promise<void>,
): Promise<void> {
  try {
    const outcome = await proxies.populate(decodeProxies(decodeBody(Buffer.from(JSON.stringify(config)))));
    if (outcome.error !== undefined) throw outcome.error;
  } catch (error) {
    await giveUp();
    if (!(error instanceof ApiError)) throw error;
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `The proxies of the config cannot be created: ${error.message}. Correct the entry.`,
      { details: { config }, cause: error },
    );
  }
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
