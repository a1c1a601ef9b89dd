/** Which way bytes travel. Toxiproxy's API says "upstream" for `"to-server"` and "downstream" for `"to-client"`. */
export type Direction = "to-client" | "to-server";

/** One end of a proxied connection: who dialled the proxy, or whom the proxy dialled. */
export type Side = "client" | "server";

/** `in` is where bytes enter the proxy, before the toxics; `out` is where they leave it, behind the toxics. */
export type Edge = "in" | "out";

/** A place where every byte of a direction can be looked at and held, for example `{ direction: "to-client", edge: "out" }`. */
export type Gate = { readonly direction: Direction; readonly edge: Edge };

/** What a gate does with a chunk; see {@link ConnectionInterceptor.bytes}. */
export type GateAnswer = { pass: Buffer; held?: Buffer };

/**
 * Looks into every connection of every proxy of a server, and may hold it at any byte.
 *
 * It knows no protocol. A callback that throws is a bug of whoever wrote it and ends the process.
 */
export type Interceptor = { connected(connection: InterceptedConnection): ConnectionInterceptor };

/** The callbacks of one connection, in the order in which things happened to it. */
export type ConnectionInterceptor = {
  /**
   * Asked once, before the upstream is dialled; absent means `"dial"`.
   *
   * `"answer"`: nothing is dialled and no toxic applies; the client's bytes come to the gate `to-server`, `in` and end
   * there, and the interceptor answers with inject, end or reset. While a promise is open the client waits and its
   * bytes stay in the kernel.
   */
  accepted?(): "dial" | "answer" | Promise<"dial" | "answer">;
  /**
   * Every chunk at every gate. `pass` goes on, and may be other bytes than came.
   *
   * Where `held` is present, even empty, the gate closes: those bytes and everything later wait, in order, until
   * {@link InterceptedConnection.release}, and come through here again then.
   */
  bytes(gate: Gate, chunk: Buffer): GateAnswer;
  /**
   * The kernel took all bytes up to this total at the out edge of a direction. The total counts what was passed at that
   * gate and what was injected. It does not say that the peer has read them.
   */
  written?(direction: Direction, totalBytes: number): void;
  /** A FIN was seen at an edge: at `in` the peer sent it, at `out` we sent it on. Once for each gate. */
  ended?(gate: Gate): void;
  /** A side was reset, by its peer or by us. */
  reset?(side: Side, by: "peer" | "proxy"): void;
  /** The upstream could not be dialled, for example `"ECONNREFUSED"`. The client sees a FIN. */
  upstreamFailed?(code: string): void;
  /** A gate was closed for longer than the hold deadline and has opened by itself. */
  holdExpired?(gate: Gate): void;
  /** Both sockets are gone. Always the last call, exactly once. */
  closed?(): void;
};

/** What an interceptor can do to one connection. After `closed` every call does nothing. */
export type InterceptedConnection = {
  readonly proxyName: string;
  /** Place among the connections that the proxy accepted since it was created, from 0. */
  readonly index: number;
  /** Opens a closed gate. Does nothing at an open one. */
  release(gate: Gate): void;
  /** Throws away everything that waits at this gate or comes to it later. A FIN still goes through. */
  discard(gate: Gate): void;
  /** Writes bytes at the out edge of a direction, behind everything passed there so far, past its gate and the toxics. */
  inject(direction: Direction, bytes: Buffer): void;
  /** Sends a FIN to that side, after everything passed to it so far. What comes later for that side is thrown away. */
  end(side: Side): void;
  /** Sends an RST to that side. The other side learns of it as of any vanished peer: as a FIN, in order. */
  reset(side: Side): void;
};
