import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import { GateStage } from "./gate-stage.ts";
import type { ConnectionInterceptor, Direction, Edge } from "./interceptor.ts";
import type { ProxySocket } from "./network.ts";
import type { Peer } from "./peer.ts";
import { createScopedClock, type ScopedClock } from "./scoped-clock.ts";
import type { AttachMoment, StopReason, ToxicAttributes } from "./toxic.ts";
import type { ToxicEntry } from "./toxic-entry.ts";
import { ToxicStage, type Receiver, type StageHost } from "./toxic-stage.ts";

/** So many bytes may wait in front of toxics and gates of a direction before its sender is slowed down. */
const READ_AHEAD_BYTES = 256 * 1024;

/** Bytes that went through one direction of a proxy, over all its connections. */
export type ByteCounter = { receivedBytes: number; sentBytes: number };

/** What a flow is made of. */
export type FlowOptions = {
  readonly direction: Direction;
  readonly client: Peer;
  readonly connectionIndex: number;
  readonly interceptor: ConnectionInterceptor | undefined;
  readonly holdDeadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly counter: ByteCounter;
  /** The end of the direction has come out behind the toxics and the gates. At most once. */
  ended(): void;
  stopConnection(reason: StopReason): void;
};

/** One direction of one connection: socket → gate `in` → toxics → gate `out` → socket. */
export class Flow {
  // What every chunk needs stands first, so that it lies together: with many connections, memory is what takes the time.
  readonly #counter: ByteCounter;
  /** The socket of the destination. */
  #output: ProxySocket | undefined;
  /** The first stage; absent where nothing stands between the sockets, and chunks then go the short way. */
  #head: Receiver | undefined;
  readonly #isWatched: boolean;
  #isSourceDone = false;
  #isOutputClosed = false;
  #isReceiverFull = false;
  readonly #options: FlowOptions;
  readonly #scope: ScopedClock;
  readonly #host: StageHost;
  readonly #sink: Receiver;
  readonly #gates: Readonly<Record<Edge, GateStage | undefined>>;
  readonly #toxics = new Map<ToxicEntry, { readonly stage: ToxicStage; readonly dice: Random }>();
  #source: Peer | undefined;
  #destination: Peer | undefined;
  #waitingBytes = 0;
  /** Counted only for an interceptor that is told of it. */
  #writtenBytes = 0;
  #hasEnded = false;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#counter = options.counter;
    this.#scope = createScopedClock(options.clock);
    this.#host = {
      waitingChanged: (deltaBytes) => this.#waitingChanged(deltaBytes),
      resetReceiver: () => this.#destination?.reset(),
      stopConnection: (reason) => options.stopConnection(reason),
    };
    this.#sink = { receive: (bytes) => this.inject(bytes), end: () => this.#end() };
    const { interceptor } = options;
    this.#isWatched = interceptor?.written !== undefined;
    this.#gates = {
      in: interceptor === undefined ? undefined : this.#createGate(interceptor, "in"),
      out: interceptor === undefined ? undefined : this.#createGate(interceptor, "out"),
    };
    this.#connectPeers(undefined);
  }

  /** Bytes begin to move. Without a server they end behind the gate `in`, and there is nothing to be had from it. */
  start(server: Peer | undefined): void {
    this.#connectPeers(server);
    this.#source?.socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#destination?.socket.on("drain", () => {
      if (this.#isReceiverFull) this.#receiverDrained();
    });
  }

  get direction(): Direction {
    return this.#options.direction;
  }

  /** Whether the end has come out behind the toxics and gates. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  addToxic(entry: ToxicEntry, moment: AttachMoment): void {
    const random = this.#options.random.fork(entry.name);
    const dice = random.fork("toxicity");
    const tools = { clock: this.#scope.clock, random };
    const attributes = this.#attributesHere(entry, dice);
    const stage = new ToxicStage(this.#host, (given) => entry.type.create(given, tools), attributes);
    this.#toxics.set(entry, { stage, dice });
    this.#connectStages();
    if (this.#hasEnded) stage.end();
    stage.attach(moment);
  }

  changeToxic(entry: ToxicEntry): void {
    const found = this.#toxics.get(entry);
    found?.stage.change(this.#attributesHere(entry, found.dice));
  }

  removeToxic(entry: ToxicEntry): void {
    this.#toxics.get(entry)?.stage.remove();
    this.#toxics.delete(entry);
    this.#connectStages();
  }

  /** The source has ended or is gone: that goes through gates and toxics behind the bytes. Later bytes are dropped. */
  endSource(): void {
    if (this.#isSourceDone) return;
    this.#isSourceDone = true;
    this.#regulateSource();
    (this.#head ?? this.#sink).end();
  }

  /** Nothing is written to the receiver any more; the source is read on and what it sends is thrown away. */
  closeOutput(): void {
    this.#isOutputClosed = true;
    this.#receiverDrained();
  }

  release(edge: Edge): void {
    this.#gates[edge]?.release();
  }

  discard(edge: Edge): void {
    this.#gates[edge]?.discard();
  }

  /** Writes to the receiver behind everything passed so far, past gates and toxics. */
  inject(bytes: Buffer): void {
    const output = this.#output;
    if (this.#isOutputClosed || output === undefined || bytes.length === 0) return;
    this.#counter.sentBytes += bytes.length;
    const isTaken = this.#isWatched ? this.#writeAndTell(output, bytes) : output.write(bytes);
    // What is more than the stream's mark counts as not taken even where the kernel took it at once, as it mostly does.
    if (isTaken || this.#isReceiverFull || output.writableLength === 0) return;
    this.#isReceiverFull = true;
    this.#regulateSource();
  }

  /** Ends the flow for good: what waits is thrown away and no timer is left. */
  dispose(): void {
    this.#isSourceDone = true;
    this.#scope.cancelAll();
    for (const gate of Object.values(this.#gates)) gate?.dispose();
    this.#head = undefined;
    this.closeOutput();
  }

  #connectPeers(server: Peer | undefined): void {
    const { client } = this.#options;
    [this.#source, this.#destination] = this.direction === "to-server" ? [client, server] : [server, client];
    this.#output = this.#destination?.socket;
    this.#connectStages();
  }

  #receive(bytes: Buffer): void {
    if (this.#isSourceDone) return;
    this.#counter.receivedBytes += bytes.length;
    if (this.#head === undefined) this.inject(bytes);
    else this.#head.receive(bytes);
  }

  #receiverDrained(): void {
    this.#isReceiverFull = false;
    this.#regulateSource();
  }

  #writeAndTell(output: ProxySocket, bytes: Buffer): boolean {
    this.#writtenBytes += bytes.length;
    const totalBytes = this.#writtenBytes;
    return output.write(bytes, (error) => {
      if (error === undefined || error === null) this.#options.interceptor?.written?.(this.direction, totalBytes);
    });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#isOutputClosed = true;
    this.#options.ended();
  }

  /** The attributes as far as the toxic applies to this link at all: by its aim and by the dice. */
  #attributesHere(entry: ToxicEntry, dice: Random): ToxicAttributes | undefined {
    const { connection } = entry.attributes;
    if (connection !== undefined && connection !== this.#options.connectionIndex) return undefined;
    return entry.toxicity >= 1 || dice.ratio() < entry.toxicity ? entry.attributes : undefined;
  }

  #waitingChanged(deltaBytes: number): void {
    this.#waitingBytes += deltaBytes;
    this.#regulateSource();
  }

  #regulateSource(): void {
    const socket = this.#source?.socket;
    if (socket === undefined || socket.destroyed) return;
    // A source that is done is read on: its bytes are dropped, so that closing it cannot become an RST.
    const isTooFull = this.#isReceiverFull || this.#waitingBytes > READ_AHEAD_BYTES;
    const shallPause = isTooFull && !this.#isSourceDone;
    if (shallPause === socket.isPaused()) return;
    if (shallPause) socket.pause();
    else socket.resume();
  }

  #connectStages(): void {
    const toxics = Array.from(this.#toxics.values(), ({ stage }) => stage);
    const gateOut = this.#destination === undefined ? undefined : this.#gates.out;
    const stages = [this.#gates.in, ...toxics, gateOut].filter((stage) => stage !== undefined);
    for (const [index, stage] of stages.entries()) stage.connectTo(stages[index + 1] ?? this.#sink);
    this.#head = stages[0];
  }

  #createGate(interceptor: ConnectionInterceptor, edge: Edge): GateStage {
    const gate = { direction: this.direction, edge };
    return new GateStage({
      decide: (chunk) => interceptor.bytes(gate, chunk),
      waitingChanged: (deltaBytes) => this.#waitingChanged(deltaBytes),
      clock: this.#scope.clock,
      holdDeadlineMs: this.#options.holdDeadlineMs,
      holdExpired: () => interceptor.holdExpired?.(gate),
    });
  }
}
