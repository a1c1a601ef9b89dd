import type { Clock } from "../determinism/clock.ts";
import type { ConnectionActs } from "./connection-acts.ts";
import { type ConnectionCache, DEFAULT_LANE } from "./conversation-memory.ts";
import type { HoldList } from "./hold-list.ts";
import type { OrderBook } from "./order-book.ts";
import type { Outgoing } from "./outgoing.ts";
import type { ServerEvent } from "./server-event.ts";
import type { ServerLimits } from "./server-options.ts";
import type { Session } from "./session.ts";
import type { SteerDesk } from "./steer-desk.ts";

/** The connection that responses run on, as they see it. */
export type ResponseHost = {
  readonly session: Session;
  /** Index of the connection among those of its key. */
  readonly connection: number;
  readonly cache: ConnectionCache;
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly orders: OrderBook;
  readonly holds: HoldList;
  readonly acts: ConnectionActs;
  readonly steers: SteerDesk;
  /** Aborted when the connection ends or begins to close: no event is written after that. */
  readonly signal: AbortSignal;
  readonly tell: (event: ServerEvent) => void;
};

/** Who an event of a host is about; an absent lane is the default one. */
export function subjectOf(
  host: ResponseHost,
  lane: string | undefined,
): { apiKey: string; connection: number; lane?: string } {
  const { session, connection } = host;
  return { apiKey: session.apiKey, connection, ...(lane === undefined ? {} : { lane }) };
}

/** A failed continuation evicts its parent from its own lane; a failed fork leaves it (protocol.md §4.2). */
export function evictParent(host: ResponseHost, lane: string | undefined, responseId: string | undefined): void {
  if (responseId === undefined || !host.cache.evict(responseId, lane ?? DEFAULT_LANE)) return;
  host.tell({ kind: "cache-evicted", ...subjectOf(host, lane), responseId });
}
