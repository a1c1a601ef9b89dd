import type { Clock } from "../../determinism/clock.ts";
import { createEventLog } from "../../responses-server/event-log.ts";
import { openRelay, type Relay } from "../../tcp-proxy/relay.ts";
import { openTapControl } from "./tap-control.ts";
import { type TapEvent, TapSteering } from "./tap-steering.ts";

/** How a tap is opened. */
export type TapServerOptions = {
  /** Where it listens, `host:port` each: one for each session that is to go through it at a time. */
  readonly listen: readonly string[];
  /** `host:port` of what is dialled for every connection. */
  readonly upstream: string;
  /** Where its control API listens; `port` 0 takes any free one. */
  readonly control: { readonly host: string; readonly port: number };
  readonly clock: Clock;
};

/** A tap that listens. */
export type TapServer = {
  /** Where it listens, in the order asked for. */
  readonly listen: readonly string[];
  /** `"http://127.0.0.1:8477"` */
  readonly controlUrl: string;
  close(): Promise<void>;
};

/** A steerer decides, with deadlines of its own; this one only ends what nobody will ever decide. */
const HOLD_DEADLINE_MS = 600_000;

/**
 * Opens a tap: passes bytes unchanged between whoever dials it and one upstream, mirrors FIN, half-close, RST and
 * backpressure, tells what it sees frame by frame, and can be steered.
 *
 * Its control API:
 * - `GET /health`: `{"slots":2}`
 * - `GET /events?after=N`: JSON lines `{"index":N,"event":{…}}` from the one behind N on, and then as they happen
 * - `ws:…/steer`: the channel of `tap-messages.ts`. Ports that are steered hold whatever comes from the target, and
 *   whatever is about to go to it, until they are told what goes on: that is how anchors hold, and faults edit.
 *
 * Whoever reaches it can do everything with the connections; a request of a web page, which carries an `Origin`, gets 403.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE`
 */
export async function openTapServer(options: TapServerOptions): Promise<TapServer> {
  const slots = options.listen.length;
  const events = createEventLog<TapEvent>();
  const steering = new TapSteering(slots, events);
  const control = await openTapControl(options.control, {
    events,
    slots,
    welcome: (channel) => steering.welcome(channel),
  });
  const relays: Relay[] = [];
  async function close(): Promise<void> {
    for (const relay of relays) relay.close();
    await control.close();
  }
  try {
    for (const [slot, listen] of options.listen.entries()) {
      relays.push(
        await openRelay({
          name: `slot-${slot}`,
          listen,
          upstream: options.upstream,
          clock: options.clock,
          holdDeadlineMs: HOLD_DEADLINE_MS,
          interceptor: { connected: (hand) => steering.connected(slot, hand) },
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { listen: relays.map((relay) => relay.listen), controlUrl: control.url, close };
}
