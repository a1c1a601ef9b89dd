import { SessionScriptSchema, type SessionScript } from "../protocol/model-script.ts";
import type { Connection } from "./connection.ts";
import { actAtOnce } from "./connection-acts.ts";
import { linkOf, type StoredResponse, storedOf } from "./conversation-memory.ts";
import type { Hold, HoldList } from "./hold-list.ts";
import { invalidScript } from "./script-file.ts";
import type { OrderBook, WaitingOrder } from "./order-book.ts";
import type { ServerEvent } from "./server-event.ts";
import { parseServerOrder, type ServerOrder } from "./server-order.ts";
import type { Sessions } from "./session.ts";

/** What is to be forgotten: what connections remember, what `store: true` keeps, or both. */
export type Forgettable = "connections" | "store" | "all";

/** A connection that is open. */
export type OpenConnection = { readonly apiKey: string; readonly connection: number };

/**
 * Steers a reference server from outside of its connections: conversations, orders, holds.
 *
 * The control API offers the same over HTTP.
 */
export type ServerControl = {
  /**
   * Gives a key a conversation, in place of what `scriptOf` says; undefined gives it back.
   *
   * @throws HarnessError `HARNESS_INVALID_SCRIPT`
   */
  setScript(apiKey: string, script: SessionScript | undefined): void;
  /**
   * Gives an order; `connections` is the number of connections on which it took effect at once.
   *
   * @throws HarnessError `HARNESS_INVALID_OPTION`
   */
  order(order: ServerOrder): { readonly id: string; readonly connections: number };
  /** Takes back an order that waits; false where none does. */
  withdraw(id: string): boolean;
  orders(): readonly WaitingOrder[];
  holds(): readonly Hold[];
  /** Lets what an order holds go on; answers how many holds there were. */
  release(id: string): number;
  /** Forgets responses of a key; false where the key was never used. */
  forget(apiKey: string, what: Forgettable): boolean;
  /**
   * Counts the ids of a key's calls from one again, as providers do that mint them anew in each turn; false where the
   * key was never used.
   */
  reuseCallIds(apiKey: string): boolean;
  /** What is stored for a key; undefined where the key was never used. */
  stored(apiKey: string): readonly StoredResponse[] | undefined;
  /** Stores what another server had stored for a key, as a database would that outlives it; false for an unknown key. */
  restore(apiKey: string, responses: readonly StoredResponse[]): boolean;
  connections(): readonly OpenConnection[];
};

/** What the control acts on. */
export type ControlledParts = {
  readonly sessions: Sessions;
  readonly connections: ReadonlySet<Connection>;
  readonly orders: OrderBook;
  readonly holds: HoldList;
  /** Conversations that stand in for those of `scriptOf`. */
  readonly scripts: Map<string, SessionScript>;
  readonly tell: (event: ServerEvent) => void;
};

/** Opens the control of a server. */
export function createServerControl(parts: ControlledParts): ServerControl {
  const { sessions, connections, orders, holds, scripts } = parts;
  return {
    setScript(apiKey, script) {
      if (script === undefined) {
        scripts.delete(apiKey);
        return;
      }
      const parsed = SessionScriptSchema.safeParse(script);
      if (!parsed.success) throw invalidScript(parsed.error.issues);
      scripts.set(apiKey, parsed.data);
    },
    order(given) {
      const order = parseServerOrder(given);
      if (order.at !== undefined) return { id: orders.add(order), connections: 0 };
      const id = orders.nextId();
      return { id, connections: applyNow(parts, id, order) };
    },
    withdraw: (id) => orders.withdraw(id),
    orders: () => orders.list(),
    holds: () => holds.list(),
    release: (id) => holds.release(id),
    forget(apiKey, what) {
      const session = sessions.find(apiKey);
      if (session === undefined) return false;
      if (what !== "connections") session.store.forget();
      if (what === "store") return true;
      for (const connection of connections) {
        if (connection.session === session) connection.forget();
      }
      return true;
    },
    reuseCallIds(apiKey) {
      const session = sessions.find(apiKey);
      session?.identities.startAgain("call");
      return session !== undefined;
    },
    stored: (apiKey) => sessions.find(apiKey)?.store.all().map(storedOf),
    restore(apiKey, responses) {
      const session = sessions.open(apiKey);
      if (typeof session === "string") return false;
      for (const response of responses) session.store.keep(linkOf(response));
      return true;
    },
    connections: () => [...connections].map(({ session, index }) => ({ apiKey: session.apiKey, connection: index })),
  };
}

function applyNow(parts: ControlledParts, id: string, order: ServerOrder): number {
  const matching = [...parts.connections].filter(
    ({ session, index }) =>
      (order.apiKey === undefined || order.apiKey === session.apiKey) &&
      (order.connection === undefined || order.connection === index),
  );
  if (matching.length > 0) parts.tell({ kind: "order-applied", order: id, action: order.action.kind });
  for (const connection of matching) actAtOnce(connection.acts, order.action);
  return matching.length;
}
