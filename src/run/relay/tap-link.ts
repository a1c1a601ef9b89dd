import { once } from "node:events";

import { WebSocket } from "ws";

import type { Clock } from "../../determinism/clock.ts";
import { createDeferred, DEADLINE_PASSED, type Deferred, settleWithin } from "../../determinism/waiting.ts";
import { HarnessError, messageOf } from "../../errors.ts";
import { decodeTapReport, encodeTapMessage, type TapOrder, type TapReport } from "./tap-messages.ts";

/** A report about one connection. */
export type ConnectionReport = Extract<TapReport, { readonly id: number }>;

/** What can be asked of one connection of a tap. */
export type ConnectionOrder =
  | { readonly kind: "pass"; readonly direction: "to-client" | "to-server"; readonly isOpen: boolean }
  | { readonly kind: "inject" | "end" | "reset" }
  | { readonly kind: "discard"; readonly direction: "to-client" | "to-server" };

/** A connection that came to a steered port; `dial` is what the client's side called it. */
export type TappedConnection = {
  readonly slot: number;
  readonly dial: string | undefined;
  order(order: ConnectionOrder, bytes?: Buffer): void;
};

/** Takes what a tap tells about one connection, in order; `closed` comes last. */
export type TappedListener = (report: ConnectionReport, bytes: Buffer) => void;

/** The channel to a tap, with the ports that it steers. */
export type TapLink = {
  /** Resolves when the channel is gone; every connection has been told as closed then. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
};

/** What a link needs. */
export type TapLinkOptions = {
  /** The control API of the tap, for example `"http://127.0.0.1:8477"`. */
  readonly url: string;
  /** The ports to steer, by their place in the list that the tap listens on. */
  readonly slots: readonly number[];
  readonly clock: Clock;
  /** Called for every connection that comes to these ports. */
  readonly connected: (connection: TappedConnection) => TappedListener;
};

/** How long a tap may take to answer. */
const OPEN_DEADLINE_MS = 5_000;
const CLOSE_DEADLINE_MS = 2_000;

/**
 * Opens the channel to a tap and steers some of its ports.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`
 */
export async function openTapLink(options: TapLinkOptions): Promise<TapLink> {
  const { url, clock } = options;
  const channel = new WebSocket(`${url.replace(/^http/, "ws").replace(/\/$/, "")}/steer`, { perMessageDeflate: false });
  const gone = createDeferred<void>();
  const reader = createReportReader(options, (order, bytes) => {
    if (channel.readyState === WebSocket.OPEN) channel.send(encodeTapMessage(order, bytes));
  });
  channel.on("error", (error) => reader.steered.reject(error));
  channel.once("close", () => {
    reader.end();
    gone.resolve();
  });
  channel.on("message", (data: Buffer) => {
    const report = decodeTapReport(data);
    if (report === undefined) channel.terminate();
    else reader.take(report.message, report.bytes);
  });
  try {
    const answer = await settleWithin(clock, reader.steered.promise, OPEN_DEADLINE_MS);
    if (answer === DEADLINE_PASSED) throw new Error(`no answer within ${OPEN_DEADLINE_MS} ms`);
  } catch (error) {
    channel.terminate();
    throw notSteered(options, error);
  }
  return {
    gone: gone.promise,
    async close() {
      if (channel.readyState === WebSocket.CLOSED) return;
      const closed = once(channel, "close");
      channel.close(1000);
      if ((await settleWithin(clock, closed, CLOSE_DEADLINE_MS)) === DEADLINE_PASSED) channel.terminate();
    },
  };
}

type ReportReader = {
  /** Settles when the tap has answered whether its ports may be steered. */
  readonly steered: Deferred<void>;
  take(report: TapReport, bytes: Buffer): void;
  /** The channel is gone: every connection is told as closed. */
  end(): void;
};

function createReportReader(
  { slots, connected }: TapLinkOptions,
  send: (order: TapOrder, bytes?: Buffer) => void,
): ReportReader {
  const listeners = new Map<number, TappedListener>();
  const steered = createDeferred<void>();
  return {
    steered,
    end() {
      steered.reject(new Error("it closed the channel"));
      for (const [id, listener] of listeners) listener({ kind: "closed", id }, Buffer.alloc(0));
      listeners.clear();
    },
    take(report, bytes) {
      switch (report.kind) {
        case "ready":
          send({ kind: "steer", slots });
          return;
        case "steered":
          steered.resolve();
          return;
        case "refused":
          steered.reject(new Error(report.why));
          return;
        case "connected": {
          const { id, slot, dial } = report;
          listeners.set(id, connected({ slot, dial, order: (order, more) => send({ ...order, id }, more) }));
          return;
        }
        default:
          listeners.get(report.id)?.(report, bytes);
          if (report.kind === "closed") listeners.delete(report.id);
      }
    },
  };
}

function notSteered({ url, slots }: TapLinkOptions, cause: unknown): HarnessError {
  const message = `The tap at ${url} cannot be steered: ${messageOf(cause)}. See that "cutwire tap" runs there with enough ports, and that nobody else steers them.`;
  return new HarnessError("HARNESS_BACKEND_UNAVAILABLE", message, { details: { url, slots }, cause });
}
