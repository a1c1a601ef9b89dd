import { API_ERRORS, ApiError } from "./api-error.ts";
import { AddressError, formatAddress, parseAddress, resolveAddress } from "./address.ts";
import { messageOf, systemCodeOf } from "../errors.ts";
import { Proxy, type ProxyAddresses, type ProxyContext } from "./proxy.ts";

/** A proxy as a request describes it. */
export type ProxySettings = ProxyAddresses & { readonly name: string; readonly enabled: boolean };

/** What came of populating: the proxies that stand now, and why it stopped before the last one. */
export type PopulateOutcome = { readonly proxies: readonly Proxy[]; readonly error?: ApiError };

/**
 * All proxies of a server by name. Changes happen one after another, in the order of the calls; only ApiErrors are
 * thrown, with the words of the real API.
 */
export class ProxyCollection {
  readonly #context: ProxyContext;
  readonly #proxies = new Map<string, Proxy>();
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(context: ProxyContext) {
    this.#context = context;
  }

  /** Sorted by name, byte by byte. */
  list(): readonly Proxy[] {
    return [...this.#proxies.values()].sort((one, other) =>
      Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)),
    );
  }

  /** @throws ApiError 404 */
  get(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw API_ERRORS.proxyNotFound();
    return proxy;
  }

  /** @throws ApiError 409 for a name that is taken, 500 for an address that cannot be listened on. */
  async create(settings: ProxySettings): Promise<Proxy> {
    return await this.#inTurn(async () => {
      if (this.#proxies.has(settings.name)) throw API_ERRORS.proxyAlreadyExists();
      return await this.#put(settings);
    });
  }

  /** Creates or replaces each; one that stands as described is left alone, whether enabled or not. */
  async populate(all: readonly ProxySettings[]): Promise<PopulateOutcome> {
    return await this.#inTurn(async () => {
      const proxies: Proxy[] = [];
      for (const settings of all) {
        try {
          proxies.push(await this.#putOrKeep(settings));
        } catch (error) {
          if (error instanceof ApiError) return { proxies, error };
          throw error;
        }
      }
      return { proxies };
    });
  }

  /** Moves a proxy, enables or disables it; what differs from before closes its live connections. */
  async update(proxy: Proxy, { listen, upstream, enabled }: Omit<ProxySettings, "name">): Promise<void> {
    await this.#inTurn(async () => {
      if (await differs(proxy, { listen, upstream })) proxy.move({ listen, upstream });
      if (enabled) await start(proxy);
      else proxy.stop();
    });
  }

  /** @throws ApiError 404 */
  async remove(name: string): Promise<void> {
    await this.#inTurn(async () => {
      this.get(name).stop();
      this.#proxies.delete(name);
      await Promise.resolve();
    });
  }

  /** Enables every proxy and removes every toxic. */
  async reset(): Promise<void> {
    await this.#inTurn(async () => {
      for (const proxy of this.list()) {
        await start(proxy);
        proxy.toxics.removeAll();
      }
    });
  }

  /** Ends every proxy with all its sockets. */
  async destroy(): Promise<void> {
    await this.#inTurn(async () => {
      for (const proxy of this.#proxies.values()) proxy.stop();
      for (const connection of this.#context.liveConnections) connection.destroy();
      this.#proxies.clear();
      await Promise.resolve();
    });
  }

  async #putOrKeep(settings: ProxySettings): Promise<Proxy> {
    const existing = this.#proxies.get(settings.name);
    if (existing !== undefined) {
      if (!(await differs(existing, settings))) return existing;
      existing.stop();
    }
    return await this.#put(settings);
  }

  async #put(settings: ProxySettings): Promise<Proxy> {
    const proxy = new Proxy(settings.name, settings, this.#context);
    if (settings.enabled) await start(proxy);
    this.#proxies.set(proxy.name, proxy);
    return proxy;
  }

  async #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const turn = this.#lastChange.then(change);
    this.#lastChange = turn.catch(() => undefined);
    return await turn;
  }
}

async function start(proxy: Proxy): Promise<void> {
  try {
    await proxy.start();
  } catch (error) {
    throw API_ERRORS.system(await listenProblem(error, proxy.listen));
  }
}

async function differs(proxy: Proxy, addresses: ProxyAddresses): Promise<boolean> {
  try {
    return await proxy.differsFrom(addresses);
  } catch (error) {
    throw API_ERRORS.system(messageOf(error));
  }
}

const BIND_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};

async function listenProblem(error: unknown, listen: string): Promise<string> {
  if (error instanceof AddressError) return `listen tcp: ${error.message}`;
  const known = BIND_PROBLEMS[systemCodeOf(error) ?? ""];
  if (known === undefined) return messageOf(error);
  return `listen tcp ${formatAddress(await resolveAddress(parseAddress(listen)))}: bind: ${known}`;
}
