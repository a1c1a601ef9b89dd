import type { Clock } from "../../determinism/clock.ts";
import { createDeferred, type Deferred } from "../../determinism/waiting.ts";
import type { Interceptor } from "../../tcp-proxy/interceptor.ts";
import { openRelay, type Relay } from "../../tcp-proxy/relay.ts";
import { dismiss, SplitConnection } from "./split-connection.ts";
import type { TappedConnection, TappedListener } from "./tap-link.ts";

/** What the client's side of a session's wire needs. */
export type SplitWireOptions = {
  readonly session: number;
  /** `host:port` where the session's Toxiproxy port is reached from here. */
  readonly upstream: string;
  /** Who looks at the wire as a whole. */
  readonly interceptor: Interceptor;
  readonly clock: Clock;
  readonly hasTap: boolean;
};

/** A session's wire: the client's face in this process, and what the tap tells of the other one. */
export type SplitWire = {
  /** Where the client dials, for example `"127.0.0.1:40123"`. */
  readonly listen: string;
  /** A connection has come to the port of the tap that is this session's. */
  tapped(connection: TappedConnection): TappedListener;
  /** How many connections the client has. */
  liveCount(): number;
  /** Resolves when the client has ended or lost its side of a connection. */
  clientGone(connection: number): Promise<void>;
  /** Lets no dial on until the answer is called; clients find their dial accepted and wait. */
  holdDials(): () => void;
  /** Closes the port for clients, and opens it again. */
  pause(): void;
  resume(): Promise<void>;
  close(): void;
};

/** As long as a proxy of ours would hold a gate. */
const HOLD_DEADLINE_MS = 10_000;

/** Opens the client's side of a wire on loopback. */
export async function openSplitWire(options: SplitWireOptions): Promise<SplitWire> {
  const { session, upstream, interceptor, clock, hasTap } = options;
  const connections = new Map<number, SplitConnection>();
  const dials = createDialGate();
  const relay: Relay = await openRelay({
    name: `session-${session}`,
    listen: "127.0.0.1:0",
    upstream,
    clock,
    holdDeadlineMs: HOLD_DEADLINE_MS,
    interceptor: {
      connected(hand) {
        const connection = new SplitConnection({
          session,
          hand,
          interceptor,
          clock,
          holdDeadlineMs: HOLD_DEADLINE_MS,
          mayDial: dials.pass,
          hasTap,
        });
        connections.set(hand.index, connection);
        return connection;
      },
    },
  });

  return {
    listen: relay.listen,
    tapped(far) {
      const oldest = [...connections.values()].find((connection) => connection.isExpected);
      const connection = far.dial === undefined ? oldest : connections.get(Number(far.dial));
      if (connection === undefined) {
        dismiss(far);
        return () => undefined;
      }
      connection.attach(far);
      return connection.takeReport;
    },
    liveCount: () => [...connections.values()].filter(({ isLive }) => isLive).length,
    async clientGone(index) {
      await new Promise<void>((resolve) => {
        const connection = connections.get(index);
        if (connection === undefined) resolve();
        else connection.onClientGone(resolve);
      });
    },
    holdDials: () => dials.hold(),
    pause: () => relay.pause(),
    resume: async () => await relay.resume(),
    close() {
      dials.open();
      relay.close();
    },
  };
}

type DialGate = {
  /** Resolves when nobody holds dials. */
  readonly pass: () => Promise<void>;
  /** Holds dials until the answer is called. */
  hold(): () => void;
  /** Lets everybody go on. */
  open(): void;
};

function createDialGate(): DialGate {
  const holds = new Set<Deferred<void>>();
  return {
    async pass() {
      // Each hold is over at some time, and whoever holds anew does so with another one.
      for (const hold of holds) await hold.promise;
    },
    hold() {
      const hold = createDeferred<void>();
      holds.add(hold);
      return () => {
        holds.delete(hold);
        hold.resolve();
      };
    },
    open() {
      for (const hold of holds) hold.resolve();
    },
  };
}
