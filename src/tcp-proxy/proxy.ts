import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { formatAddress, parseAddress, resolveAddress } from "./address.ts";
import { Connection } from "./connection.ts";
import type { ByteCounter } from "./flow.ts";
import type { Direction, Interceptor } from "./interceptor.ts";
import { type ProxyListener, type ProxyNetwork, type ProxySocket, systemNetwork } from "./network.ts";
import type { ProxyMetrics } from "./proxy-metrics.ts";
import { ToxicCollection } from "./toxic-collection.ts";

/** What every proxy of a server shares. */
export type ProxyContext = {
  /** The machine's own where absent. */
  readonly network?: ProxyNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly interceptor: Interceptor | undefined;
  readonly holdDeadlineMs: number;
  readonly keepsHalfClose: boolean;
  readonly metrics: ProxyMetrics;
  /** Every connection that is not gone yet, of every proxy, also of those that were stopped or removed. */
  readonly liveConnections: Set<Connection>;
};

/** Where a proxy listens and what it dials, as `host:port`. */
export type ProxyAddresses = { readonly listen: string; readonly upstream: string };

/** One listening port in front of one upstream, with its toxics and its live connections. */
export class Proxy {
  readonly name: string;
  readonly toxics: ToxicCollection;
  readonly #context: ProxyContext;
  readonly #connections = new Set<Connection>();
  #listen: string;
  #upstream: string;
  #listener: ProxyListener | undefined;
  #connectionsAccepted = 0;

  constructor(name: string, addresses: ProxyAddresses, context: ProxyContext) {
    this.name = name;
    this.#listen = addresses.listen;
    this.#upstream = addresses.upstream;
    this.#context = context;
    this.toxics = new ToxicCollection(context.clock);
  }

  /** As given until the proxy first listens; from then on the real address and port. */
  get listen(): string {
    return this.#listen;
  }

  get upstream(): string {
    return this.#upstream;
  }

  get isEnabled(): boolean {
    return this.#listener !== undefined;
  }

  /** Listens; does nothing where it already does. Rejects with an AddressError, or the system's error (EADDRINUSE). */
  async start(): Promise<void> {
    if (this.#listener !== undefined) return;
    const address = await resolveAddress(parseAddress(this.#listen));
    this.#listener = await (this.#context.network ?? systemNetwork).listen(address, (socket) => this.#accept(socket));
    this.#listen = formatAddress(this.#listener.address);
  }

  /** Refuses new connections and closes the live ones with FIN. It can be started again. */
  stop(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) connection.stop("fin");
  }

  /** Whether these are other addresses than its own. @throws AddressError */
  async differsFrom({ listen, upstream }: ProxyAddresses): Promise<boolean> {
    const resolved = listen === "" ? "" : formatAddress(await resolveAddress(parseAddress(listen)));
    return this.#listen !== resolved || this.#upstream !== upstream;
  }

  /** Stops, and takes new addresses. It can be started again. */
  move({ listen, upstream }: ProxyAddresses): void {
    this.stop();
    this.#listen = listen;
    this.#upstream = upstream;
  }

  #accept(client: ProxySocket): void {
    const {
      network = systemNetwork,
      clock,
      random,
      interceptor,
      holdDeadlineMs,
      keepsHalfClose,
      liveConnections,
    } = this.#context;
    const index = this.#connectionsAccepted;
    this.#connectionsAccepted += 1;
    const connection: Connection = new Connection({
      client,
      proxyName: this.name,
      index,
      upstream: this.#upstream,
      network,
      toxics: this.toxics,
      interceptor,
      holdDeadlineMs,
      keepsHalfClose,
      counters: this.#counters(),
      clock,
      random: random.fork(`${this.name}/${index}`),
      closed: () => {
        this.#connections.delete(connection);
        liveConnections.delete(connection);
      },
    });
    this.#connections.add(connection);
    liveConnections.add(connection);
  }

  #counters(): Readonly<Record<Direction, ByteCounter>> {
    const labels = { proxy: this.name, listener: this.#listen, upstream: this.#upstream };
    return this.#context.metrics.countersOf(labels);
  }
}
