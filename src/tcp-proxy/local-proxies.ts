import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { decodeBody } from "./api-body.ts";
import type { Direction, Interceptor } from "./interceptor.ts";
import type { ProxyNetwork } from "./network.ts";
import type { Proxy } from "./proxy.ts";
import { ProxyCollection } from "./proxy-collection.ts";
import { createProxyMetrics } from "./proxy-metrics.ts";
import { decodeToxic } from "./toxic-body.ts";

/** How proxies without an API are opened. */
export type LocalProxiesOptions = {
  readonly network: ProxyNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly interceptor: Interceptor | undefined;
  /** How long a gate may stay closed before it opens by itself. */
  readonly holdDeadlineMs: number;
};

/** One proxy, and what the API could do to it. */
export type LocalProxy = {
  /** Where it listens, as `host:port`. */
  readonly listen: string;
  /** Puts a toxic on it, as `POST /proxies/NAME/toxics` does; `remove` takes it away again. */
  addToxic(toxic: {
    readonly name: string;
    readonly type: string;
    readonly direction: Direction;
    readonly attributes: Readonly<Record<string, number>>;
  }): Promise<{ remove(): void }>;
  setEnabled(isEnabled: boolean): Promise<void>;
  remove(): Promise<void>;
};

/** Proxies whose API is function calls: the same proxies and toxics, on whatever network, without an HTTP server. */
export type LocalProxies = {
  create(proxy: { readonly name: string; readonly listen: string; readonly upstream: string }): Promise<LocalProxy>;
  close(): Promise<void>;
};

/** Opens proxies; what the API would refuse rejects with its words. */
export function openLocalProxies(options: LocalProxiesOptions): LocalProxies {
  const proxies = new ProxyCollection({
    ...options,
    random: options.random.fork("connections"),
    keepsHalfClose: false,
    metrics: createProxyMetrics(),
    liveConnections: new Set(),
  });
  return {
    async create(settings) {
      return openLocalProxy(await proxies.create({ ...settings, enabled: true }), proxies);
    },
    close: async () => await proxies.destroy(),
  };
}

function openLocalProxy(proxy: Proxy, proxies: ProxyCollection): LocalProxy {
  const { toxics } = proxy;
  return {
    get listen() {
      return proxy.listen;
    },
    async addToxic({ direction, ...toxic }) {
      const body = { ...toxic, stream: direction === "to-client" ? "downstream" : "upstream" };
      // Through the same reader as a request, so that defaults and refusals are the same.
      const node = decodeBody(Buffer.from(JSON.stringify(body)));
      const entry = decodeToxic(node, (name) => toxics.find(name) !== undefined);
      toxics.add(entry);
      await toxics.settled();
      return { remove: () => toxics.remove(entry) };
    },
    async setEnabled(enabled) {
      const { listen, upstream } = proxy;
      await proxies.update(proxy, { listen, upstream, enabled });
    },
    remove: async () => await proxies.remove(proxy.name),
  };
}
