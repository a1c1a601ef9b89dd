import type { Direction } from "../../protocol/direction.ts";
import type { ConnectionInterceptor, Gate, GateAnswer, InterceptedConnection } from "../../tcp-proxy/interceptor.ts";
import type { TapOrder, TapReport, WithBytes } from "./tap-messages.ts";
import { createTapWatch, type TapEventBody, type TapWatch } from "./tap-watch.ts";

/** What a connection of a tap needs. */
export type TapConnectionOptions = {
  /** Place among all connections of the tap, from 0. */
  readonly id: number;
  readonly slot: number;
  readonly hand: InterceptedConnection;
  readonly tell: (event: TapEventBody) => void;
  /** Whoever steers the port that the connection came to; undefined where nobody does, and bytes then just go on. */
  readonly report: ((report: TapReport, bytes?: Buffer) => void) | undefined;
};

/** The server face of a direction: where what the target sends comes in, and where what it gets goes out. */
const FACE_EDGE = { "to-client": "in", "to-server": "out" } as const;

const NOTHING: Buffer = Buffer.alloc(0);

/** One connection of a tap, which is passed on as it is or steered from elsewhere. */
export class TapConnection implements ConnectionInterceptor {
  readonly #options: TapConnectionOptions;
  readonly #watch: TapWatch;
  readonly #endedIn = new Set<"client" | "server">();
  #isAnnounced = false;

  constructor(options: TapConnectionOptions) {
    this.#options = options;
    this.#watch = createTapWatch({ tell: options.tell, requested: (dial) => this.#announce(dial) });
    options.tell({ kind: "dialled" });
  }

  bytes({ direction, edge }: Gate, chunk: Buffer): GateAnswer {
    const onwards = edge === "in" ? this.#watch.take(direction, chunk) : chunk;
    if (edge !== FACE_EDGE[direction] || this.#options.report === undefined) return { pass: onwards };
    if (onwards.length === 0) return { pass: NOTHING };
    // The bytes are the steerer's now; what comes behind them waits for its word.
    this.#report({ kind: "bytes", id: this.#options.id, direction }, onwards);
    return { pass: NOTHING, held: NOTHING };
  }

  written(direction: Direction, totalBytes: number): void {
    if (direction === "to-server") this.#report({ kind: "written", id: this.#options.id, totalBytes });
  }

  ended({ direction, edge }: Gate): void {
    const { id, hand, tell } = this.#options;
    if (edge === "in") {
      this.#endedIn.add(direction === "to-client" ? "server" : "client");
      const rest = this.#watch.takeRest(direction);
      if (rest.length > 0) hand.inject(direction, rest);
    }
    tell({ kind: "ended", direction, edge });
    if (edge === FACE_EDGE[direction]) this.#report({ kind: "ended", id, direction });
  }

  reset(side: "client" | "server", by: "peer" | "proxy"): void {
    const { id, hand, tell } = this.#options;
    tell({ kind: "reset", side, by });
    if (side === "server") this.#report({ kind: "reset", id, by });
    // A peer that had ended properly before does not reset: it is gone, and our own bytes were refused.
    if (by === "peer" && !this.#endedIn.has(side)) hand.reset(side === "client" ? "server" : "client");
  }

  upstreamFailed(code: string): void {
    this.#options.tell({ kind: "upstream-failed", code });
    this.#report({ kind: "upstream-failed", id: this.#options.id, code });
  }

  closed(): void {
    this.#options.tell({ kind: "closed" });
    this.#report({ kind: "closed", id: this.#options.id });
  }

  /** Does what whoever steers the connection asks for. */
  obey({ message: order, bytes }: WithBytes<TapOrder>): void {
    const { hand } = this.#options;
    switch (order.kind) {
      case "steer":
        return;
      case "pass":
        hand.inject(order.direction, bytes);
        if (order.isOpen) hand.release({ direction: order.direction, edge: FACE_EDGE[order.direction] });
        return;
      case "inject":
        hand.inject("to-server", bytes);
        return;
      case "discard":
        hand.discard({ direction: order.direction, edge: FACE_EDGE[order.direction] });
        return;
      case "end":
        hand.end("server");
        return;
      case "reset":
        hand.reset("server");
        return;
    }
  }

  /** Nobody steers the connection any more: it ends as if both sides had vanished. */
  abandon(): void {
    this.#options.hand.reset("client");
    this.#options.hand.reset("server");
  }

  #announce(dial: string | undefined): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const { id, slot, report } = this.#options;
    report?.({ kind: "connected", id, slot, ...(dial === undefined ? {} : { dial }) });
  }

  #report(report: TapReport, bytes?: Buffer): void {
    // What has no head of a request is announced by the first thing that happens to it.
    this.#announce(undefined);
    this.#options.report?.(report, bytes);
  }
}
