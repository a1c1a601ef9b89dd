import type { Clock } from "../../determinism/clock.ts";
import { createDeferred } from "../../determinism/waiting.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Interceptor } from "../../tcp-proxy/interceptor.ts";
import type { AnchorRegistry } from "../anchor-registry.ts";
import type { Direction } from "../../protocol/direction.ts";
import { type JsonObject, objectMember, textMember } from "../../protocol/json.ts";
import type { AppliedChange, DialRejection, UpgradeDisturbance } from "../backend.ts";
import { ConnectionTap } from "./connection-tap.ts";
import type { MessageEdit, MessageEditor, PassingMessage } from "./message-editor.ts";
import type { DeliveredCall, MessageFaces } from "./message-faces.ts";
import type { OpenRequests } from "./open-requests.ts";

/** What the taps of a run need. */
export type WireTapOptions = {
  readonly sessionCount: number;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** How many bytes may pass over all wires; the longest message that is read is bounded by it too. */
  readonly bytesMax: number;
  onFull(): void;
};

/** The taps of one session's wire, whatever connection is open on it. */
export type SessionTap = {
  readonly liveConnection: () => number | undefined;
  readonly connectionGone: (connection: number) => Promise<void>;
  /** How many bytes the client of a connection may not have read yet. */
  readonly unreadBytesMax: (connection: number) => number;
  /** Whether a connection was dialled and one of its sockets is still there. */
  readonly isLive: (connection: number) => boolean;
  closeWithFrame(frame: { readonly code: number; readonly reason: string }, connection: number): Promise<void>;
  rejectDials(rejection: DialRejection): AppliedChange;
  /** Records a dial that came to nobody. */
  dialUnanswered(): void;
  disturbUpgrades(disturbance: UpgradeDisturbance): AppliedChange;
  readonly faces: MessageFaces;
};

/** The faces of all wires, as one interceptor of the proxy. */
export type WireTap = {
  readonly interceptor: Interceptor;
  /** The name that the proxy of a session has to have. */
  proxyName(session: number): string;
  session(session: number): SessionTap;
};

/** How long the far side's kernel may take to take an anchor before the fault counts as missed. */
const CONFIRM_DEADLINE_MS = 5_000;

/** The longest message that is read, in bytes; longer ones pass unread. */
const MESSAGE_SIZE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Opens the taps of a run. */
export function createWireTap(options: WireTapOptions): WireTap {
  const sessions = Array.from({ length: options.sessionCount }, (_, session) =>
    openSession(() => void options.recorder.record({ source: "client-face", kind: "dial-unanswered", session })),
  );
  let bytesSeen = 0;

  function countBytes(sizeBytes: number): void {
    const isFull = bytesSeen >= options.bytesMax;
    bytesSeen += sizeBytes;
    if (!isFull && bytesSeen >= options.bytesMax) options.onFull();
  }

  return {
    proxyName: (session) => `session-${session}`,
    session: (session) => sessionAt(sessions, session).tap,
    interceptor: {
      connected(hand) {
        const session = Number(hand.proxyName.slice("session-".length));
        const state = sessionAt(sessions, session);
        const connection = new ConnectionTap({
          session,
          connection: hand.index,
          hand,
          anchors: options.anchors,
          clock: options.clock,
          recorder: options.recorder,
          messageSizeBytesMax: Math.min(options.bytesMax, MESSAGE_SIZE_BYTES_MAX),
          confirmDeadlineMs: CONFIRM_DEADLINE_MS,
          rejection: () => state.rejections.take(),
          disturbance: () => state.disturbances.take(),
          isEdited: (direction) => state.editors.isEdited(hand.index, direction),
          edit: (direction, message) => state.editors.edit(direction, message),
          onPassed: (direction, message) => {
            if (direction === "to-client") state.passed(message, connection.requests);
          },
          onBytes: countBytes,
        });
        state.add(hand.index, connection);
        return connection;
      },
    },
  };
}

type SessionState = {
  readonly tap: SessionTap;
  readonly rejections: DialCounter<DialRejection["how"]>;
  readonly disturbances: DialCounter<UpgradeDisturbance["how"]>;
  readonly editors: EditorList;
  add(index: number, connection: ConnectionTap): void;
  /** A message went to a client, in answer to one of its connection's requests. */
  passed(message: JsonObject, requests: OpenRequests): void;
};

function sessionAt(sessions: readonly SessionState[], session: number): SessionState {
  const state = sessions[session];
  if (state === undefined) throw new RangeError(`no wire for session ${session}`);
  return state;
}

function openSession(dialUnanswered: () => void): SessionState {
  const connections = new Map<number, ConnectionTap>();
  const live = new Set<number>();
  const rejections = createDialCounter<DialRejection["how"]>("rejected");
  const disturbances = createDialCounter<UpgradeDisturbance["how"]>("disturbed");
  const editors = createEditorList();
  let lastCall: DeliveredCall | undefined;

  function connectionAt(index: number): ConnectionTap {
    const connection = connections.get(index);
    if (connection === undefined) throw new Error(`no connection ${index} has been dialled`);
    return connection;
  }

  return {
    rejections,
    disturbances,
    editors,
    add(index, connection) {
      connections.set(index, connection);
      live.add(index);
      void connection.gone.then(() => live.delete(index));
    },
    passed(message, requests) {
      if (message["type"] !== "response.output_item.done") return;
      if (objectMember(message, "item")?.["type"] !== "function_call") return;
      const response = requests.oldestOf(textMember(message, "stream_id"))?.response;
      lastCall = { message, responseId: response === undefined ? undefined : textMember(response, "id") };
    },
    tap: {
      liveConnection: () => [...live].at(-1),
      isLive: (index) => live.has(index),
      unreadBytesMax: (index) => connections.get(index)?.unreadBytesMax ?? 0,
      connectionGone: async (index) => await connections.get(index)?.gone,
      closeWithFrame: async ({ code, reason }, index) => await connectionAt(index).close(code, reason),
      rejectDials: (rejection) => rejections.add(rejection),
      dialUnanswered,
      disturbUpgrades: (disturbance) => disturbances.add(disturbance),
      faces: {
        addEditor: (editor) => editors.add(editor),
        insert: async ({ connection, direction }, make) => await connectionAt(connection).insert(direction, make),
        oldestRequest: (connection) => connectionAt(connection).requests.oldest(),
        requestCount: (connection, lane) => connectionAt(connection).requests.countOf(lane),
        lastUnit: ({ connection, direction }) => connectionAt(connection).lastUnit(direction),
        lastCall: () => lastCall,
      },
    },
  };
}

type DialCounter<How> = {
  add(change: { readonly how: How; readonly dials: number }): AppliedChange;
  /** What becomes of a dial that has come. */
  take(): How | undefined;
};

type CountedDials<How> = { readonly how: How; left: number; struck(): void };

/** Counts the dials that changes are for: the oldest change that is not used up gets the next one. */
function createDialCounter<How>(done: string): DialCounter<How> {
  const changes = new Set<CountedDials<How>>();
  return {
    add({ how, dials }) {
      const struck = createDeferred<void>();
      const change: CountedDials<How> = { how, left: dials, struck: () => struck.resolve() };
      changes.add(change);
      return {
        struck: struck.promise,
        shortfall: () =>
          change.left === 0 ? undefined : `only ${dials - change.left} of ${dials} dials came to be ${done}`,
        async undo() {
          changes.delete(change);
        },
      };
    },
    take() {
      const change = [...changes].find(({ left }) => left > 0);
      if (change === undefined) return undefined;
      change.left -= 1;
      change.struck();
      return change.how;
    },
  };
}

type EditorList = {
  add(editor: MessageEditor): { remove(): void };
  isEdited(connection: number, direction: Direction): boolean;
  edit(direction: Direction, message: PassingMessage): MessageEdit | undefined;
};

/** The editors of a session. The newest looks first, and the first that does something is the last to look. */
function createEditorList(): EditorList {
  let editors: readonly MessageEditor[] = [];
  const lookAt = (editor: MessageEditor, connection: number, direction: Direction): boolean =>
    editor.direction === direction && (editor.connection ?? connection) === connection;
  return {
    add(editor) {
      editors = [editor, ...editors];
      return {
        remove() {
          editors = editors.filter((other) => other !== editor);
        },
      };
    },
    isEdited: (connection, direction) => editors.some((editor) => lookAt(editor, connection, direction)),
    edit(direction, message) {
      for (const editor of editors.filter((candidate) => lookAt(candidate, message.connection, direction))) {
        const edit = editor.edit(message);
        if (edit !== undefined) return edit;
      }
      return undefined;
    },
  };
}
