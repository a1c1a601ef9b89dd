import assert from "node:assert/strict";
import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { systemCodeOf } from "../errors.ts";
import { AddressError, parseAddress, type Address } from "./address.ts";
import { Flow, type ByteCounter } from "./flow.ts";
import type { ConnectionInterceptor, Direction, InterceptedConnection, Interceptor, Side } from "./interceptor.ts";
import type { ProxyNetwork, ProxySocket } from "./network.ts";
import { crash } from "./own-bug.ts";
import { Peer } from "./peer.ts";
import type { StopReason } from "./toxic.ts";
import type { ToxicCollection } from "./toxic-collection.ts";

/** What a connection belongs to and how it behaves. */
export type ConnectionOptions = {
  readonly client: ProxySocket;
  readonly proxyName: string;
  readonly index: number;
  /** As `host:port`; what cannot be read fails at the dial. */
  readonly upstream: string;
  readonly network: ProxyNetwork;
  readonly toxics: ToxicCollection;
  readonly interceptor: Interceptor | undefined;
  readonly holdDeadlineMs: number;
  readonly keepsHalfClose: boolean;
  readonly counters: Readonly<Record<Direction, ByteCounter>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Both sockets are gone. Exactly once. */
  closed(): void;
};

const DIRECTIONS: readonly Direction[] = ["to-server", "to-client"];
const INBOUND: Readonly<Record<Side, Direction>> = { client: "to-server", server: "to-client" };
const OUTBOUND: Readonly<Record<Side, Direction>> = { client: "to-client", server: "to-server" };

/** One client's connection and the one that was dialled for it. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #interceptor: ConnectionInterceptor | undefined;
  readonly #client: Peer;
  readonly #flows = new Map<Direction, Flow>();
  #server: Peer | undefined;
  #resetsOnClose = false;
  #isStopped = false;
  #openSockets = 0;

  /** Takes over a client's socket that nothing has been read from, asks the interceptor, and dials. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = this.#takeSocket(options.client, "client");
    this.#interceptor = options.interceptor?.connected(this.#handle());
    for (const direction of DIRECTIONS) this.#flows.set(direction, this.#createFlow(direction));
    const decision = this.#interceptor?.accepted?.() ?? "dial";
    if (typeof decision === "string") this.#begin(decision);
    else decision.then((settled) => this.#begin(settled)).catch(crash);
  }

  /** Stops the connection at once: nothing more is passed, both sides get a FIN or an RST. */
  stop(reason: StopReason): void {
    this.#disposeFlows();
    this.#isStopped = true;
    for (const peer of this.#peers()) {
      if (peer.socket.connecting) peer.destroy();
      else if (reason === "rst") peer.reset();
      else peer.finish({ lingers: true });
    }
  }

  /** Resolves when the FIN or RST of both sides is out, which a side that does not read can delay for long. */
  async settled(): Promise<void> {
    await Promise.all(this.#peers().map((peer) => peer.settled()));
  }

  /** Closes both sockets without ceremony. */
  destroy(): void {
    this.#disposeFlows();
    this.#isStopped = true;
    for (const peer of this.#peers()) peer.destroy();
  }

  #begin(decision: "dial" | "answer"): void {
    if (this.#isStopped) return;
    if (decision === "dial") this.#dial();
    else this.#startFlows();
  }

  #dial(): void {
    const address = readUpstream(this.#options.upstream);
    if (address === undefined) {
      this.#upstreamFailed("EINVAL");
      return;
    }
    const socket = this.#options.network.dial(address);
    let wasConnected = false;
    socket.once("error", (error) => {
      if (!wasConnected && !this.#isStopped) this.#upstreamFailed(systemCodeOf(error) ?? "EUNKNOWN");
    });
    socket.once("connect", () => {
      wasConnected = true;
      if (!this.#isStopped) this.#startFlows();
    });
    this.#server = this.#takeSocket(socket, "server");
  }

  #upstreamFailed(code: string): void {
    this.#interceptor?.upstreamFailed?.(code);
    this.#client.finish({ lingers: true });
  }

  #startFlows(): void {
    const { toxics } = this.#options;
    this.#resetsOnClose = this.#server !== undefined && toxics.resetsOnClose();
    for (const flow of this.#flows.values()) flow.start(this.#server);
    if (this.#server !== undefined) for (const flow of this.#flows.values()) toxics.attach(flow);
    for (const peer of this.#peers()) peer.socket.resume();
  }

  #createFlow(direction: Direction): Flow {
    const options = this.#options;
    return new Flow({
      direction,
      client: this.#client,
      connectionIndex: options.index,
      interceptor: this.#interceptor,
      holdDeadlineMs: options.holdDeadlineMs,
      clock: options.clock,
      random: options.random.fork(direction),
      counter: options.counters[direction],
      ended: () => this.#flowEnded(direction),
      stopConnection: (reason) => {
        this.stop(reason);
        options.toxics.noteStop(this.settled());
      },
    });
  }

  /** The end of a direction has come out: its receiver gets a FIN, and unless half-close is kept, is closed whole. */
  #flowEnded(direction: Direction): void {
    const receiver = direction === "to-server" ? this.#server : this.#client;
    const sender = direction === "to-server" ? this.#client : this.#server;
    // Half-closed is only what a peer half-closed: where a toxic ended the direction, the sender still has not.
    const isHalf = this.#options.keepsHalfClose && sender?.socket.readableEnded === true && !sender.socket.destroyed;
    const isWhole = !isHalf;
    if (receiver === undefined) {
      if (isWhole) this.#client.finish({ lingers: true });
      return;
    }
    if (isWhole) this.#flows.get(INBOUND[receiver.side])?.endSource();
    receiver.finish({ lingers: isWhole });
  }

  #takeSocket(socket: ProxySocket, side: Side): Peer {
    this.#openSockets += 1;
    socket.once("end", () => {
      this.#interceptor?.ended?.({ direction: INBOUND[side], edge: "in" });
      this.#flows.get(INBOUND[side])?.endSource();
    });
    return new Peer({
      socket,
      side,
      clock: this.#options.clock,
      resetsOnClose: () => this.#resetsOnClose,
      wasReset: (by) => this.#interceptor?.reset?.(side, by),
      finished: () => this.#interceptor?.ended?.({ direction: OUTBOUND[side], edge: "out" }),
      closed: () => this.#socketClosed(side),
    });
  }

  #socketClosed(side: Side): void {
    const inbound = this.#flows.get(INBOUND[side]);
    this.#flows.get(OUTBOUND[side])?.closeOutput();
    inbound?.endSource();
    // Where half-close is kept, nobody is left to answer a side that was ended before.
    if (inbound?.hasEnded === true) this.#other(side)?.finish({ lingers: true });
    this.#openSockets -= 1;
    if (this.#openSockets > 0) return;
    this.#disposeFlows();
    this.#isStopped = true;
    this.#interceptor?.closed?.();
    this.#options.closed();
  }

  #disposeFlows(): void {
    for (const flow of this.#flows.values()) {
      this.#options.toxics.detach(flow);
      flow.dispose();
    }
  }

  #peers(): readonly Peer[] {
    return this.#server === undefined ? [this.#client] : [this.#client, this.#server];
  }

  #other(side: Side): Peer | undefined {
    return side === "client" ? this.#server : this.#client;
  }

  #handle(): InterceptedConnection {
    const { proxyName, index } = this.#options;
    const peer = (side: Side): Peer | undefined => (side === "client" ? this.#client : this.#server);
    const flow = (direction: Direction): Flow => {
      const found = this.#flows.get(direction);
      assert(found !== undefined, "an interceptor acted on a connection before connected() had returned");
      return found;
    };
    return {
      proxyName,
      index,
      release: ({ direction, edge }) => flow(direction).release(edge),
      discard: ({ direction, edge }) => flow(direction).discard(edge),
      inject: (direction, bytes) => flow(direction).inject(bytes),
      end: (side) => {
        this.#flows.get(OUTBOUND[side])?.closeOutput();
        peer(side)?.finish({ lingers: false });
      },
      reset: (side) => peer(side)?.reset(),
    };
  }
}

function readUpstream(text: string): Address | undefined {
  try {
    return text === "" ? undefined : parseAddress(text);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
