import { HarnessError } from "../errors.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import type { OrderAction, ServerOrder } from "./server-order.ts";

/** A moment at which an order may take effect. */
export type ServerMoment = {
  readonly apiKey?: string;
  /** Index of the connection; absent while an upgrade is not answered. */
  readonly connection?: number;
  /** The lane; the empty string is the default one. */
  readonly lane?: string;
  /** `"upgrade"`, `"response.create"` or the type of a server event. */
  readonly type: string;
  readonly point?: ProtocolPoint;
  readonly edge: "before" | "after";
};

/** An order that still waits for its place, with the id that it got. */
export type WaitingOrder = { readonly id: string; readonly order: ServerOrder };

/** An order whose place has come. */
export type DueOrder = { readonly id: string; readonly action: OrderAction };

/** The orders that wait for their place, in the order in which they were given. */
export type OrderBook = {
  /** @throws HarnessError `HARNESS_INVALID_OPTION` where too many orders wait already */
  add(order: ServerOrder): string;
  withdraw(id: string): boolean;
  isEmpty(): boolean;
  list(): readonly WaitingOrder[];
  /** Counts this moment for every order that it matches, and answers those that take effect now. */
  take(moment: ServerMoment): readonly DueOrder[];
  /** An id for an order that takes effect at once. */
  nextId(): string;
};

/** How many orders may wait. */
export const ORDERS_MAX = 1_000;

/** Opens an empty book. */
export function createOrderBook(): OrderBook {
  const waiting = new Map<string, { readonly order: ServerOrder; matches: number }>();
  let given = 0;

  function nextId(): string {
    given += 1;
    return `order_${given}`;
  }

  return {
    nextId,
    isEmpty: () => waiting.size === 0,
    withdraw: (id) => waiting.delete(id),
    list: () => [...waiting].map(([id, { order }]) => ({ id, order })),
    add(order) {
      if (waiting.size >= ORDERS_MAX) {
        throw new HarnessError(
          "HARNESS_INVALID_OPTION",
          `The reference server has ${ORDERS_MAX} orders waiting already. Withdraw those that are not needed.`,
        );
      }
      const id = nextId();
      waiting.set(id, { order, matches: 0 });
      return id;
    },
    take(moment) {
      const due: DueOrder[] = [];
      for (const [id, entry] of waiting) {
        if (!matches(entry.order, moment)) continue;
        entry.matches += 1;
        const first = entry.order.occurrence ?? 1;
        const last = first + (entry.order.times ?? 1) - 1;
        if (entry.matches >= first) due.push({ id, action: entry.order.action });
        if (entry.matches >= last) waiting.delete(id);
      }
      return due;
    },
  };
}

function matches(order: ServerOrder, moment: ServerMoment): boolean {
  const { at } = order;
  if (at === undefined || at.edge !== moment.edge) return false;
  if (order.apiKey !== undefined && order.apiKey !== moment.apiKey) return false;
  if (order.connection !== undefined && order.connection !== moment.connection) return false;
  if (order.lane !== undefined && order.lane !== moment.lane) return false;
  if (at.point !== undefined && at.point !== moment.point) return false;
  if (at.type !== undefined) return at.type === moment.type;
  // Without a point, an order without a type means what the server writes.
  return at.point !== undefined || (moment.type !== "upgrade" && moment.type !== "response.create");
}
