import type { Random } from "../determinism/random.ts";
import type { Owner, VirtualClock } from "../determinism/virtual-clock.ts";
import { PortSocket } from "./port-socket.ts";
import { SimulatedSocket } from "./simulated-socket.ts";
import { TcpEnd } from "./tcp-end.ts";

/** A place to dial. */
export type SimulatedAddress = { readonly host: string; readonly port: number };

/** A port that is listened on. */
export type SimulatedListener = { readonly port: number; close(): void };

/** The only host there is; its other name is `localhost`. */
const HOST = "127.0.0.1";
/** Ports of the same number of digits as those of a real system, because they stand in the head of each upgrade. */
const FIRST_PORT = 40_000;
const LAST_PORT = 59_999;
/** So many ends are remembered before those that are closed are forgotten. */
const TIDY_FROM = 64;

/** A SYN without an answer is sent again so often, behind 1 s and then twice as long each time, as Linux does it. */
const SYN_RETRIES = 6;
const SYN_WAIT_MS = 1_000;

/** A dial under way. */
type Dial = {
  readonly near: TcpEnd;
  readonly owner: Owner;
  readonly label: string;
  readonly local: SimulatedAddress;
  readonly remote: SimulatedAddress;
};

/** A connection that has come in: its end, where it was dialled, and where from. */
type Arrival = { readonly end: TcpEnd; readonly local: SimulatedAddress; readonly remote: SimulatedAddress };

type Destroyable = { destroy(): void };

/** A network of one host in virtual time, with as much latency and disorder as loopback has, drawn from its chance. */
export class SimulatedNetwork {
  readonly #clock: VirtualClock;
  readonly #chance: Random;
  readonly #listeners = new Map<number, (arrival: Arrival) => void>();
  readonly #ignored = new Map<number, () => void>();
  readonly #ends = new Map<TcpEnd, Destroyable | undefined>();
  #nextPort = FIRST_PORT;
  #connections = 0;

  constructor(clock: VirtualClock, chance: Random) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /**
   * Listens on a port, 0 for a free one, as a proxy does.
   *
   * @throws Error with the code `EADDRINUSE`
   */
  listenForPorts(port: number, accept: (socket: PortSocket) => void): SimulatedListener {
    const clock = this.#clock;
    return this.#listen(port, ({ end }) => {
      const socket = new PortSocket({ end, clock, isConnecting: false });
      this.#ends.set(end, socket);
      accept(socket);
    });
  }

  /** The same as a server does. */
  listenForStreams(port: number, accept: (socket: SimulatedSocket) => void): SimulatedListener {
    const clock = this.#clock;
    return this.#listen(port, (arrival) => {
      const socket = new SimulatedSocket({ ...arrival, clock, isConnecting: false });
      this.#ends.set(arrival.end, socket);
      accept(socket);
    });
  }

  /** Dials as code under test does. */
  dialStream(owner: Owner, remote: SimulatedAddress): SimulatedSocket {
    const local = { host: HOST, port: this.#freePort() };
    const end = this.#dial(owner, remote, local);
    const socket = new SimulatedSocket({ end, clock: this.#clock, isConnecting: true, local, remote });
    this.#ends.set(end, socket);
    return socket;
  }

  /** Dials as a proxy does. */
  dialPort(remote: SimulatedAddress): PortSocket {
    const end = this.#dial("harness", remote, { host: HOST, port: this.#freePort() });
    const socket = new PortSocket({ end, clock: this.#clock, isConnecting: true });
    this.#ends.set(end, socket);
    return socket;
  }

  /**
   * Gives no dial to a port an answer until it is undone; each one is told of once. A dial that is waiting then is answered
   * when its SYN comes again.
   */
  ignoreDials(port: number, onDial: () => void): { undo(): void } {
    this.#ignored.set(port, onDial);
    return { undo: () => void this.#ignored.delete(port) };
  }

  /** Closes every socket that an owner has dialled, as the kernel does for a process that ended. */
  hangUp(owner: Owner): void {
    for (const [end] of this.#ends) if (end.owner === owner) end.close();
  }

  /** How many ends are open. */
  openEnds(): number {
    this.#forgetClosed();
    return this.#ends.size;
  }

  /** Destroys every socket: what is abandoned within a handshake would be kept by the parser of `http` for ever. */
  close(): void {
    this.#listeners.clear();
    for (const socket of this.#ends.values()) socket?.destroy();
    this.#ends.clear();
  }

  #listen(wanted: number, take: (arrival: Arrival) => void): SimulatedListener {
    const port = wanted === 0 ? this.#freePort() : wanted;
    if (this.#listeners.has(port)) {
      throw Object.assign(new Error(`listen EADDRINUSE: address already in use ${HOST}:${port}`), {
        code: "EADDRINUSE",
      });
    }
    this.#listeners.set(port, take);
    return { port, close: () => void this.#listeners.delete(port) };
  }

  #dial(owner: Owner, remote: SimulatedAddress, local: SimulatedAddress): TcpEnd {
    const clock = this.#clock;
    const label = `connection-${this.#connections}`;
    this.#connections += 1;
    const near = this.#openEnd(owner, `${label}/near`);
    const dial = { near, owner, label, local, remote };
    clock.startTimerOf("harness", near.arrivalMs() - clock.nowMs(), () => this.#takeSyn(dial, 0));
    return near;
  }

  /** @param retries How often it was sent before. */
  #takeSyn(dial: Dial, retries: number): void {
    const { near, owner, label, local, remote } = dial;
    const clock = this.#clock;
    // A dial that was given up before it arrived is one that nobody ever sees.
    if (near.isClosed) return;
    const isHere = remote.host === HOST || remote.host === "localhost";
    const ignored = isHere ? this.#ignored.get(remote.port) : undefined;
    if (ignored !== undefined) {
      if (retries === 0) ignored();
      this.#awaitSyn(dial, retries);
      return;
    }
    const take = isHere ? this.#listeners.get(remote.port) : undefined;
    const far = this.#openEnd("harness", `${label}/far`);
    near.join(far);
    far.join(near);
    const answerMs = far.arrivalMs() - clock.nowMs();
    clock.startTimerOf(owner, answerMs, () => (take === undefined ? near.fail("ECONNREFUSED") : near.connected()));
    if (take === undefined) far.abandon();
    else take({ end: far, local: remote, remote: local });
  }

  #awaitSyn(dial: Dial, retries: number): void {
    const { near, owner } = dial;
    const waitMs = SYN_WAIT_MS * 2 ** retries;
    if (retries === SYN_RETRIES) this.#clock.startTimerOf(owner, waitMs, () => near.fail("ETIMEDOUT"));
    else this.#clock.startTimerOf("harness", waitMs, () => this.#takeSyn(dial, retries + 1));
  }

  #openEnd(owner: Owner, label: string): TcpEnd {
    const end = new TcpEnd({ clock: this.#clock, owner, chance: this.#chance.fork(label) });
    if (this.#ends.size >= TIDY_FROM) this.#forgetClosed();
    this.#ends.set(end, undefined);
    return end;
  }

  #forgetClosed(): void {
    for (const end of this.#ends.keys()) if (end.isClosed) this.#ends.delete(end);
  }

  #freePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port >= LAST_PORT ? FIRST_PORT : port + 1;
    return port;
  }
}
