import type { WebSocket } from "ws";

import type { EventLog } from "../../responses-server/event-log.ts";
import type { ConnectionInterceptor, InterceptedConnection } from "../../tcp-proxy/interceptor.ts";
import { TapConnection } from "./tap-connection.ts";
import { decodeTapOrder, encodeTapMessage, type TapOrder, type TapReport, type WithBytes } from "./tap-messages.ts";
import type { TapEventBody } from "./tap-watch.ts";

/** An event of a tap, with the place of its port in the list of those listened on, and the number of its connection. */
export type TapEvent = TapEventBody & { readonly slot: number; readonly id: number };

/** Somebody who steers ports; when the channel is gone the connections of these ports end. */
type Steerer = { readonly channel: WebSocket; readonly slots: Set<number> };

/** The connections of a tap and who steers them. */
export class TapSteering {
  readonly #slotCount: number;
  readonly #events: EventLog<TapEvent>;
  readonly #connections = new Map<number, { readonly slot: number; readonly connection: TapConnection }>();
  readonly #steerers = new Map<number, Steerer>();
  #connectionCount = 0;

  constructor(slotCount: number, events: EventLog<TapEvent>) {
    this.#slotCount = slotCount;
    this.#events = events;
  }

  /** Takes a connection that came to a port. */
  connected(slot: number, hand: InterceptedConnection): ConnectionInterceptor {
    const id = this.#connectionCount;
    this.#connectionCount += 1;
    const steerer = this.#steerers.get(slot);
    const connection = new TapConnection({
      id,
      slot,
      hand,
      tell: (event) => {
        this.#events.record({ ...event, slot, id });
        if (event.kind === "closed") this.#connections.delete(id);
      },
      report: steerer && ((report, bytes) => send(steerer.channel, report, bytes)),
    });
    this.#connections.set(id, { slot, connection });
    return connection;
  }

  /** Takes a channel that somebody opened in order to steer. */
  welcome(channel: WebSocket): void {
    const steerer: Steerer = { channel, slots: new Set() };
    channel.on("message", (data: Buffer) => {
      const order = decodeTapOrder(data);
      if (order === undefined) channel.close(1008, "not an order");
      else this.#obey(steerer, order);
    });
    channel.on("error", () => channel.terminate());
    channel.once("close", () => {
      for (const slot of steerer.slots) this.#steerers.delete(slot);
      this.#abandon(steerer.slots);
    });
    send(channel, { kind: "ready", slots: this.#slotCount });
  }

  #obey(steerer: Steerer, order: WithBytes<TapOrder>): void {
    if (order.message.kind === "steer") {
      this.#steer(steerer, order.message.slots);
      return;
    }
    const found = this.#connections.get(order.message.id);
    if (found !== undefined && steerer.slots.has(found.slot)) found.connection.obey(order);
  }

  #steer(steerer: Steerer, slots: readonly number[]): void {
    const wrong = slots.find((slot) => slot >= this.#slotCount || this.#steerers.has(slot));
    if (wrong !== undefined) {
      const why = wrong >= this.#slotCount ? "does not exist" : "is steered by somebody else";
      send(steerer.channel, { kind: "refused", why: `port ${wrong} of the tap ${why}` });
      return;
    }
    // Connections of whoever had the port before are nobody's any more.
    this.#abandon(new Set(slots));
    for (const slot of slots) {
      this.#steerers.set(slot, steerer);
      steerer.slots.add(slot);
    }
    send(steerer.channel, { kind: "steered", slots });
  }

  #abandon(slots: ReadonlySet<number>): void {
    for (const { slot, connection } of this.#connections.values()) if (slots.has(slot)) connection.abandon();
  }
}

function send(channel: WebSocket, report: TapReport, bytes?: Buffer): void {
  channel.send(encodeTapMessage(report, bytes));
}
