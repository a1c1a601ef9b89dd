import { type ProtocolError, readEventError } from "../protocol/error-shapes.ts";
import { isTerminalEventType } from "../protocol/server-events.ts";
import type { EventOf, HistoryEvent } from "./event.ts";
import { collectEntries } from "./passages.ts";
import type { MessageEvent } from "./responses.ts";
import { keptView } from "./view.ts";

/** A create on a connection, and how it ended there. */
export type DialledCreate = {
  /** As the client sent it. */
  readonly sent: MessageEvent;
  /** The terminal event or the error that ended it, as the client received it; absent while it was under way. */
  readonly ended: MessageEvent | undefined;
  /** What the server said where it ended it with an error. */
  readonly refusal: ProtocolError | undefined;
};

/** What ended a connection, whoever of the two sides did it first. */
export type ConnectionEnd = {
  /** The first event that tells it. */
  readonly event: HistoryEvent;
  /** `peer`: the server, or the wire in between. `unknown`: the connection is gone, and nothing says why. */
  readonly by: "client" | "peer" | "unknown";
  readonly how: "rejected" | "refused" | "close-frame" | "fin" | "reset" | "gone";
  /** The code of the Close frame, where it had one. */
  readonly closeCode?: number;
  /** The status of the answer to the upgrade, where that was not 101. */
  readonly status?: number;
  /** The earliest moment at which the client can have known of it, in ms; never later than the event. */
  readonly noticeableMs: number;
  /** Whether that moment was noted before it was done: then the harness's own lateness cannot make a reaction look early. */
  readonly isForeseen: boolean;
};

/** A server's word on how long to wait. */
export type ServerHint = { readonly waitMs: number; readonly event: HistoryEvent };

/** One dial of a session, with everything that happened on its connection. */
export type ObservedDial = {
  readonly session: number;
  readonly connection: number;
  readonly dialled: EventOf<"dialled">;
  /** The client's upgrade; only from here on it is seen what the client does to its side of the connection. */
  readonly requested: EventOf<"upgrade-requested"> | undefined;
  /** The answer 101. */
  readonly opened: EventOf<"upgrade-answered"> | undefined;
  readonly creates: readonly DialledCreate[];
  readonly end: ConnectionEnd | undefined;
  readonly hints: readonly ServerHint[];
  /** By what the connection fell silent for the client without ending. */
  readonly silenced: HistoryEvent | undefined;
  /** Whether a fault kept the client's own bytes back, so that its end of the connection may have been seen late or never. */
  readonly isMuted: boolean;
  /** Whether something unreadable came to the client, which may have left over that and read nothing that came behind it. */
  readonly isGarbled: boolean;
  /** Every frame that the client received. */
  readonly received: readonly HistoryEvent[];
  /** The client's own Close frame, wherever it stood: behind one of the server's it shows that the client read that one. */
  readonly clientClose: HistoryEvent | undefined;
  /** What the server did to end the connection, before that reached the client. */
  readonly serverEnd: HistoryEvent | undefined;
};

type OpenDial = {
  -readonly [Key in keyof ObservedDial]: ObservedDial[Key] extends readonly (infer Element)[]
    ? Element[]
    : ObservedDial[Key];
};

/** The dials of all sessions that reached a face, in the order in which they came. */
export const collectDials: (history: readonly HistoryEvent[]) => readonly ObservedDial[] = keptView(
  readDials,
  (history) => history.length,
);

function readDials(history: readonly HistoryEvent[]): readonly ObservedDial[] {
  const dials = new Map<string, OpenDial>();
  const reached = new Map<string, number>();
  const entries = collectEntries(history);
  let latest: OpenDial | undefined;
  for (const event of history) {
    const { session, connection } = event;
    if (event.kind === "fault-reached") reached.set(`${session ?? "?"}/${event.id}`, event.atMs);
    if (session === undefined || connection === undefined) continue;
    if (event.kind === "dialled") dials.set(`${session}/${connection}`, openDial(event, session, connection));
    const isSame = event.kind !== "dialled" && latest?.session === session && latest.connection === connection;
    const dial: OpenDial | undefined = isSame ? latest : dials.get(`${session}/${connection}`);
    if (dial === undefined) continue;
    latest = dial;
    if (event.kind === "fault-applied") takeFault(dial, event, reached.get(`${session}/${event.id}`));
    else takeFaceEvent(dial, event, entries.get(event));
  }
  return [...dials.values()];
}

/** The dials that nobody answered. They have no connection, and are none of {@link collectDials}. */
export const collectUnansweredDials: (history: readonly HistoryEvent[]) => readonly UnansweredDial[] = keptView(
  (history) =>
    history.filter((event): event is UnansweredDial => event.kind === "dial-unanswered" && event.session !== undefined),
  (history) => history.length,
);

/** A dial that nobody answered. */
export type UnansweredDial = EventOf<"dial-unanswered"> & { readonly session: number };

/** When the client last had a sign of life on the connection before an event, in ms. */
export function lastSignOfLifeMs({ dialled, opened, received }: ObservedDial, before: HistoryEvent): number {
  return [dialled, opened, ...received].reduce(
    (latestMs, event) =>
      event !== undefined && event.sequence < before.sequence ? Math.max(latestMs, event.atMs) : latestMs,
    dialled.atMs,
  );
}

/** Whether a create was under way on the connection when it ended, or still is. */
export function hasWorkInFlight(dial: ObservedDial): boolean {
  return dial.creates.some(({ ended }) => ended === undefined);
}

/** Whether a response completed on the connection and the client received that. */
export function hasCompleted(dial: ObservedDial): boolean {
  return dial.creates.some(({ ended }) => ended?.type === "response.completed");
}

function openDial(dialled: EventOf<"dialled">, session: number, connection: number): OpenDial {
  const nothingYet = {
    requested: undefined,
    opened: undefined,
    end: undefined,
    silenced: undefined,
    isMuted: false,
    isGarbled: false,
    clientClose: undefined,
    serverEnd: undefined,
  };
  return { session, connection, dialled, creates: [], hints: [], received: [], ...nothingYet };
}

/** A fault is noted when it has struck, and the client may have felt it since its anchor let go. */
function takeFault(dial: OpenDial, event: EventOf<"fault-applied">, reachedMs: number | undefined): void {
  const { kind, mode, direction } = event.fault;
  const isBlackhole = (kind === "cut" && mode === "blackhole") || kind === "freeze";
  if (isBlackhole || kind === "silence" || (kind === "stall" && direction === "to-client")) dial.silenced ??= event;
  if (isBlackhole || kind === "stall") dial.isMuted = true;
  if (isBlackhole || kind === "stall" || kind === "silence") return;
  if (dial.end?.by !== "peer" || reachedMs === undefined) return;
  dial.end = { ...dial.end, noticeableMs: Math.min(dial.end.noticeableMs, reachedMs), isForeseen: true };
}

function takeFaceEvent(dial: OpenDial, event: HistoryEvent, entry: HistoryEvent | undefined): void {
  const isClientGone = dial.end?.by === "client";
  if (event.kind === "message" && event.source === "client-face") takeMessage(dial, event, entry);
  if (event.kind === "control-frame" && event.source === "client-face" && event.direction === "to-client") {
    if (!isClientGone) dial.received.push(event);
  }
  if (isClientClose(event)) dial.clientClose ??= event;
  if (event.kind === "unreadable-message" && event.direction === "to-client") dial.isGarbled = true;
  if (event.kind === "upgrade-requested") dial.requested ??= event;
  if (event.kind === "upgrade-answered" && event.status === 101) dial.opened ??= event;
  if (event.kind === "dial-rejected" && event.how === "silence") dial.silenced ??= event;
  const isRefusal = event.kind === "dial-rejected" || event.kind === "upgrade-answered";
  if (isRefusal && event.retryAfterMs !== undefined) dial.hints.push({ waitMs: event.retryAfterMs, event });
  if (isServerEnd(event)) dial.serverEnd ??= event;
  if (dial.end === undefined) dial.end = foreseen(endOf(event), dial.serverEnd);
}

function isClientClose(event: HistoryEvent): boolean {
  if (event.kind !== "control-frame" || event.source !== "client-face") return false;
  return event.opcode === "close" && event.direction === "to-server" && event.altered !== "injected";
}

function isServerEnd(event: HistoryEvent): boolean {
  if (event.source !== "server-face") return false;
  if (event.kind === "control-frame") return event.opcode === "close" && event.direction === "to-client";
  return (event.kind === "ended" && event.edge === "in") || (event.kind === "reset" && event.by === "peer");
}

/** What the server did was noted at its face before it could go on to the client. */
function foreseen(end: ConnectionEnd | undefined, serverEnd: HistoryEvent | undefined): ConnectionEnd | undefined {
  if (end?.by !== "peer" || serverEnd === undefined) return end;
  return { ...end, noticeableMs: Math.min(end.noticeableMs, serverEnd.atMs), isForeseen: true };
}

function takeMessage(dial: OpenDial, event: MessageEvent, entry: HistoryEvent | undefined): void {
  if (event.direction === "to-server") {
    if (event.type === "response.create") dial.creates.push({ sent: event, ended: undefined, refusal: undefined });
    return;
  }
  // What comes out of a healed wire after the client has left reaches nobody, and neither does what follows a Close frame.
  if (dial.end?.by === "client" || dial.end?.how === "close-frame") return;
  dial.received.push(event);
  if (!isTerminalEventType(event.type)) return;
  const body = event.body ?? (entry?.kind === "message" ? entry.body : undefined) ?? {};
  const error = readEventError(event.type, body);
  if (error?.retryAfterMs !== undefined && !dial.isGarbled) dial.hints.push({ waitMs: error.retryAfterMs, event });
  const index = dial.creates.findIndex(({ sent, ended }) => ended === undefined && sent.lane === event.lane);
  const create = dial.creates[index];
  if (create !== undefined) dial.creates[index] = { ...create, ended: event, refusal: error };
}

function endOf(event: HistoryEvent): ConnectionEnd | undefined {
  // Of nearly all events that there are.
  if (event.kind === "message") return undefined;
  const at = { event, noticeableMs: event.atMs, isForeseen: false };
  if (event.kind === "upgrade-answered" && event.status !== 101) {
    return { ...at, by: "peer", how: "refused", status: event.status, isForeseen: true };
  }
  if (event.kind === "upstream-failed") return { ...at, by: "peer", how: "fin", isForeseen: true };
  if (event.source !== "client-face") return undefined;
  switch (event.kind) {
    case "dial-rejected": {
      if (event.how === "silence") return undefined;
      const status = /^status (\d+)$/.exec(event.how)?.[1];
      return {
        ...at,
        by: "peer",
        how: "rejected",
        isForeseen: true,
        ...(status === undefined ? {} : { status: Number(status) }),
      };
    }
    case "frame-injected":
      return { ...at, by: "peer", how: "close-frame", closeCode: event.code };
    case "control-frame": {
      if (event.opcode !== "close" || (event.altered === "injected" && event.direction === "to-server"))
        return undefined;
      const by = event.direction === "to-client" ? "peer" : "client";
      return { ...at, by, how: "close-frame", ...(event.code === undefined ? {} : { closeCode: event.code }) };
    }
    case "ended":
      return { ...at, by: event.edge === "in" ? "client" : "peer", how: "fin" };
    case "reset":
      return { ...at, by: event.by === "peer" ? "client" : "peer", how: "reset", isForeseen: event.by === "proxy" };
    case "connection-closed":
      return { ...at, by: "unknown", how: "gone" };
    default:
      return undefined;
  }
}
