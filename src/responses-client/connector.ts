import { Connection, type ConnectionOptions } from "./connection.ts";
import type { OpenPolicies } from "./client-policies.ts";
import type { Failure } from "./failure.ts";

/** A connection that is open, or why there is none. */
export type Acquired =
  { readonly kind: "ready"; readonly connection: Connection } | { readonly kind: "failed"; readonly failure: Failure };

/** Holds the one connection of a session and dials when a create needs another (INV-36). */
export type Connector = {
  /** The connection for the next create. Waits for the dial, never for a backoff. */
  acquire(signal: AbortSignal): Promise<Acquired>;
  /** Destroys the connection; the next create gets a new one. */
  renew(): void;
  /** Aborted when the connection that is held now ends; never when there is none. */
  currentLost(): AbortSignal;
  close(): Promise<void>;
};

/** What a connector needs: all of a connection but what is decided per dial. */
export type ConnectorOptions = Omit<ConnectionOptions, "epoch" | "attribution" | "dialer" | "liveness"> & {
  readonly policies: OpenPolicies;
};

/** Opens a connector; it dials when it is asked for a connection and not before. */
export function createConnector(options: ConnectorOptions): Connector {
  const { policies } = options;
  let current: Connection | undefined;
  let epoch = 0;

  async function dial(signal: AbortSignal): Promise<Acquired> {
    epoch += 1;
    const { dialer, liveness, attribution } = policies;
    const connection = new Connection({
      ...options,
      epoch,
      dialer,
      liveness,
      attribution: attribution.forConnection(),
    });
    current = connection;
    const abort = (): void => connection.abort();
    signal.addEventListener("abort", abort, { once: true });
    const failure = await connection.opened;
    signal.removeEventListener("abort", abort);
    if (failure !== undefined) return { kind: "failed", failure };
    policies.backoff.connected();
    return { kind: "ready", connection };
  }

  return {
    async acquire(signal) {
      if (current?.isUsable() === true) {
        if (!policies.rotation.isDue(current.ageMs())) return { kind: "ready", connection: current };
        await current.leave();
      }
      // The old socket goes first, so that two are never open at once (INV-21).
      current?.abort();
      if (signal.aborted) return { kind: "failed", failure: { kind: "cancelled" } };
      return await dial(signal);
    },
    renew: () => current?.abort(),
    currentLost: () => current?.lost ?? new AbortController().signal,
    async close() {
      await current?.leave();
    },
  };
}
