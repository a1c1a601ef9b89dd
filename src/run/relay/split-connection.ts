import type { Clock, Timer } from "../../determinism/clock.ts";
import type { Direction } from "../../protocol/direction.ts";
import type {
  ConnectionInterceptor,
  Gate,
  GateAnswer,
  InterceptedConnection,
  Interceptor,
  Side,
} from "../../tcp-proxy/interceptor.ts";
import { createScopedClock, type ScopedClock } from "../../tcp-proxy/scoped-clock.ts";
import { SteeredGate } from "./steered-gate.ts";
import type { ConnectionOrder, ConnectionReport, TappedConnection } from "./tap-link.ts";
import { DIAL_HEADER } from "./tap-messages.ts";

/** What a connection that is seen at two places needs. */
export type SplitConnectionOptions = {
  readonly session: number;
  /** The connection where the client dialled it. */
  readonly hand: InterceptedConnection;
  /** Who looks at the whole. */
  readonly interceptor: Interceptor;
  readonly clock: Clock;
  readonly holdDeadlineMs: number;
  /** Resolves when dials may go on. */
  readonly mayDial: () => Promise<void>;
  /** Whether the far side has a face at all. */
  readonly hasTap: boolean;
};

/** The edge of each direction at the client's face; the other one is behind Toxiproxy, at the tap. */
const CLIENT_EDGE = { "to-server": "in", "to-client": "out" } as const;
/** The edge of each direction at the server's face. */
const SERVER_EDGE = { "to-server": "out", "to-client": "in" } as const;

/**
 * How long the far side of a connection that is gone here may take to come to the tap at all; and how long a server
 * that was told of the end may take to end its side, as long as a proxy of ours would wait for it.
 */
const LINGER_MS = 1_000;

/**
 * One connection with a Toxiproxy in its middle: the client's face is a relay in this process, the server's face a tap
 * elsewhere. To whoever looks at it, it is a connection of a proxy like any other.
 */
export class SplitConnection implements ConnectionInterceptor {
  readonly #options: SplitConnectionOptions;
  readonly #inner: ConnectionInterceptor;
  readonly #scope: ScopedClock;
  readonly #gates: Readonly<Record<Direction, SteeredGate>>;
  readonly #endedIn = new Set<Side>();
  readonly #gone: (() => void)[] = [];
  #far: TappedConnection | undefined;
  /** What was asked of the far side before it was there. */
  #early: { readonly order: ConnectionOrder; readonly bytes: Buffer | undefined }[] = [];
  #isNamed = false;
  #isDialled = false;
  #nearIsGone = false;
  #farIsGone = false;
  #serverWasEnded = false;
  #isClosed = false;
  #lingering: Timer | undefined;

  constructor(options: SplitConnectionOptions) {
    this.#options = options;
    this.#scope = createScopedClock(options.clock);
    this.#gates = { "to-client": this.#openGate("to-client"), "to-server": this.#openGate("to-server") };
    this.#inner = options.interceptor.connected(this.#wholeHand());
  }

  /** Whether it was dialled onwards and the tap has not told of it. */
  get isExpected(): boolean {
    return this.#isDialled && this.#far === undefined && !this.#isClosed;
  }

  /** Whether the client still has it. */
  get isLive(): boolean {
    return this.#isDialled && !this.#nearIsGone && this.#endedIn.size === 0;
  }

  /** Calls back when the client has ended or lost its side. */
  onClientGone(callback: () => void): void {
    if (this.isLive) this.#gone.push(callback);
    else callback();
  }

  async accepted(): Promise<"dial" | "answer"> {
    const decision = (await this.#inner.accepted?.()) ?? "dial";
    if (decision === "dial") {
      await this.#options.mayDial();
      this.#isDialled = true;
    }
    return decision;
  }

  bytes(gate: Gate, chunk: Buffer): GateAnswer {
    const { direction, edge } = gate;
    if (edge === CLIENT_EDGE[direction]) {
      const answer = this.#inner.bytes(gate, chunk);
      return direction === "to-server" && !this.#isNamed ? { ...answer, pass: this.#withName(answer.pass) } : answer;
    }
    // Without a tap this side is all there is, and the server's face lies where Toxiproxy comes in.
    return this.#options.hasTap ? { pass: chunk } : this.#inner.bytes(gate, chunk);
  }

  written(direction: Direction, totalBytes: number): void {
    if (direction === "to-client" || !this.#options.hasTap) this.#inner.written?.(direction, totalBytes);
  }

  ended(gate: Gate): void {
    const { direction, edge } = gate;
    if (edge === "in") this.#endedIn.add(direction === "to-server" ? "client" : "server");
    if (edge === CLIENT_EDGE[direction] || !this.#options.hasTap) this.#inner.ended?.(gate);
    if (edge === "in" && direction === "to-server") this.#tellClientGone();
  }

  reset(side: Side, by: "peer" | "proxy"): void {
    const { hand, hasTap } = this.#options;
    if (side === "client" || !hasTap) this.#inner.reset?.(side, by);
    // A peer that had ended properly before does not reset: it is gone, and our own bytes were refused.
    if (by === "peer" && !this.#endedIn.has(side)) hand.reset(side === "client" ? "server" : "client");
    if (side === "client") this.#tellClientGone();
  }

  upstreamFailed(code: string): void {
    this.#farIsGone = true;
    this.#inner.upstreamFailed?.(code);
  }

  holdExpired(gate: Gate): void {
    this.#inner.holdExpired?.(gate);
  }

  closed(): void {
    this.#nearIsGone = true;
    this.#tellClientGone();
    const isAlone = !this.#options.hasTap || !this.#isDialled;
    if (isAlone || this.#farIsGone) this.#close();
    else if (this.#far === undefined || this.#serverWasEnded) this.#linger();
  }

  /** The tap has it too. */
  attach(far: TappedConnection): void {
    this.#far = far;
    this.#lingering?.cancel();
    for (const { order, bytes } of this.#early.splice(0)) far.order(order, bytes);
  }

  /** Takes what the tap tells of it. */
  readonly takeReport = (report: ConnectionReport, bytes: Buffer): void => {
    if (this.#isClosed) return;
    switch (report.kind) {
      case "connected":
        return;
      case "bytes":
        this.#gates[report.direction].receive(bytes);
        return;
      case "written":
        this.#inner.written?.("to-server", report.totalBytes);
        return;
      case "ended":
        this.#inner.ended?.({ direction: report.direction, edge: SERVER_EDGE[report.direction] });
        if (report.direction === "to-client") return;
        this.#serverWasEnded = true;
        if (this.#nearIsGone) this.#linger();
        return;
      case "reset":
        this.#inner.reset?.("server", report.by);
        return;
      case "upstream-failed":
        this.#inner.upstreamFailed?.(report.code);
        return;
      case "closed":
        this.#farIsGone = true;
        if (this.#nearIsGone) this.#close();
    }
  };

  #openGate(direction: Direction): SteeredGate {
    return new SteeredGate({
      decide: (chunk) => this.#inner.bytes({ direction, edge: SERVER_EDGE[direction] }, chunk),
      pass: (bytes, isOpen) => this.#far?.order({ kind: "pass", direction, isOpen }, bytes),
      clock: this.#scope.clock,
      holdDeadlineMs: this.#options.holdDeadlineMs,
    });
  }

  /** The hand of the whole connection: each act goes to the side that can do it. */
  #wholeHand(): InterceptedConnection {
    const { hand, session, hasTap } = this.#options;
    const isNear = ({ direction, edge }: Gate): boolean => !hasTap || edge === CLIENT_EDGE[direction];
    return {
      proxyName: `session-${session}`,
      index: hand.index,
      release: (gate) => (isNear(gate) ? hand.release(gate) : this.#gates[gate.direction].release()),
      discard: (gate) => {
        if (isNear(gate)) {
          hand.discard(gate);
          return;
        }
        this.#gates[gate.direction].discard();
        this.#orderFar({ kind: "discard", direction: gate.direction });
      },
      inject: (direction, bytes) =>
        direction === "to-client" || !hasTap
          ? hand.inject(direction, bytes)
          : this.#orderFar({ kind: "inject" }, bytes),
      end: (side) => (side === "client" || !hasTap ? hand.end(side) : this.#orderFar({ kind: "end" })),
      reset: (side) => (side === "client" || !hasTap ? hand.reset(side) : this.#orderFar({ kind: "reset" })),
    };
  }

  #orderFar(order: ConnectionOrder, bytes?: Buffer): void {
    if (this.#far === undefined) this.#early.push({ order, bytes });
    else this.#far.order(order, bytes);
  }

  /** Puts the name of the dial into the first request, by which the tap's connection is known to be the same. */
  #withName(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    this.#isNamed = true;
    const end = bytes.indexOf("\r\n");
    if (!this.#options.hasTap || end === -1 || !bytes.includes("\r\n\r\n")) return bytes;
    const name = Buffer.from(`\r\n${DIAL_HEADER}: ${this.#options.hand.index}`);
    return Buffer.concat([bytes.subarray(0, end), name, bytes.subarray(end)]);
  }

  #tellClientGone(): void {
    for (const callback of this.#gone.splice(0)) callback();
  }

  /** Nothing can come to either side any more: Toxiproxy keeps no half of a connection. */
  #linger(): void {
    this.#lingering?.cancel();
    this.#lingering = this.#scope.clock.startTimer(LINGER_MS, () => {
      this.#close();
      this.#far?.order({ kind: "reset" });
    });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#scope.cancelAll();
    this.#early = [];
    this.#inner.closed?.();
  }
}

/** Orders for a connection that nobody knows: it goes as if its client had vanished. */
export function dismiss(connection: TappedConnection): void {
  connection.order({ kind: "reset" });
  for (const direction of ["to-client", "to-server"] as const) connection.order({ kind: "discard", direction });
}
