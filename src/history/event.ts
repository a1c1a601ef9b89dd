import type { Anchor } from "../plan/trigger.ts";
import type { Direction } from "../protocol/direction.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** Who saw an event. Events of one source are ordered; those of two sources only where something passed between them. */
export type EventSource = "client" | "client-face" | "server-face" | "target" | "tool" | "fault" | "harness";

/** What the harness itself does. */
export type HarnessEventBody =
  | {
      readonly kind: "run-started";
      /** The digest of the plan. */
      readonly plan: string;
      readonly client: string;
      readonly backend: string;
      readonly target: string;
      /** Whether the target plays the plan's script. */
      readonly scripted: boolean;
    }
  | { readonly kind: "turn-started"; readonly turn: number; readonly userText: string; readonly probe: boolean }
  | {
      readonly kind: "turn-ended";
      readonly turn: number;
      readonly probe: boolean;
      readonly outcome: "completed" | "failed";
      readonly text?: string;
      readonly cause?: string;
    }
  /** The turn was still open at its deadline; the harness then aborted it. */
  | { readonly kind: "turn-overdue"; readonly turn: number; readonly probe: boolean; readonly deadlineMs: number }
  | { readonly kind: "limit-reached"; readonly limit: string; readonly value: number }
  | { readonly kind: "interrupted"; readonly signal: string }
  /**
   * How late the harness's own timers were at the worst since the event of this kind before it, or since the start of
   * the run: timing rules with a smaller margin are undecided.
   */
  | { readonly kind: "event-loop-delay"; readonly maxMs: number }
  | { readonly kind: "run-ended" };

/** What the client under test shows of itself. */
export type ClientEventBody =
  | { readonly kind: "client-started"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "text-retracted" }
  | { readonly kind: "error-shown"; readonly message: string }
  | { readonly kind: "gave-up"; readonly cause: string }
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly text: string }
  /** `expected` when the harness asked it to; otherwise it crashed, left, or was ended for a limit. */
  | {
      readonly kind: "client-exited";
      readonly code: number | null;
      readonly signal: string | null;
      readonly expected: boolean;
    };

/**
 * What a fault did to a message at the faces. `dropped`: it came in and never goes out. `injected`: no peer sent it.
 * `replaced`: it goes out with another content. `moved`: it goes out in another place than it came in.
 */
export type Alteration = "dropped" | "injected" | "replaced" | "moved";

/** What the two faces of a wire see. */
export type FaceEventBody =
  | { readonly kind: "dialled" }
  /** `retryAfterMs`: how long the refusal asks the client to wait, where it does. */
  | { readonly kind: "dial-rejected"; readonly how: string; readonly retryAfterMs?: number }
  /** A dial came, and nobody answers it; it has no connection, and what becomes of it is not seen. */
  | { readonly kind: "dial-unanswered" }
  | { readonly kind: "upstream-failed"; readonly code: string }
  | { readonly kind: "upgrade-requested"; readonly path: string; readonly extensionsRemoved: boolean }
  | { readonly kind: "upgrade-answered"; readonly status: number; readonly retryAfterMs?: number }
  /** A whole message of the protocol came past. The face on the sender's side holds its body, or the one that made it. */
  | {
      readonly kind: "message";
      readonly direction: Direction;
      /** Place of the message's last frame in its direction of its connection, from 0. */
      readonly frame: number;
      /** Where that frame ends, in bytes behind the upgrade's blank line. */
      readonly endOffset: number;
      readonly type: string;
      readonly point?: ProtocolPoint;
      readonly body?: JsonObject;
      /** Present where a fault had its hands on it; an injected one has the `frame` and `endOffset` of the one before. */
      readonly altered?: Alteration;
    }
  /** A message that is no JSON object. */
  | {
      readonly kind: "unreadable-message";
      readonly direction: Direction;
      readonly frame: number;
      readonly sizeBytes: number;
      readonly altered?: Alteration;
    }
  | {
      readonly kind: "control-frame";
      readonly direction: Direction;
      readonly opcode: "close" | "ping" | "pong";
      readonly code?: number;
      readonly reason?: string;
      readonly altered?: Alteration;
    }
  | { readonly kind: "frame-injected"; readonly direction: Direction; readonly code: number }
  /** FIN. `in`: the peer on this side sent it; `out`: it was passed on to this side. */
  | { readonly kind: "ended"; readonly edge: "in" | "out" }
  | { readonly kind: "reset"; readonly by: "peer" | "proxy" }
  | { readonly kind: "connection-closed" };

/** What the target says of itself, where it says anything. */
export type TargetEventBody = { readonly kind: "target-event"; readonly name: string; readonly details: JsonObject };

/** The ledger of tool runs. `execution` counts the runs of all sessions from 0; `operation` is absent for unreadable arguments. */
export type ToolEventBody =
  | {
      readonly kind: "tool-started";
      readonly execution: number;
      readonly name: string;
      /** The SHA-256 of the arguments as the client gave them. */
      readonly argumentsDigest: string;
    }
  | { readonly kind: "tool-effect"; readonly execution: number }
  | {
      readonly kind: "tool-returned";
      readonly execution: number;
      readonly outputDigest: string;
      readonly failed: boolean;
    };

/** What became of the plan's faults. */
export type FaultEventBody =
  /** The anchor was reached, and its delivery confirmed. */
  | {
      readonly kind: "fault-reached";
      readonly id: string;
      readonly at: Anchor;
      readonly heldBy: string;
      readonly direction?: Direction;
      readonly offset?: number;
      /** The sequence number of the event that reached it. */
      readonly by?: number;
    }
  | { readonly kind: "fault-applied"; readonly id: string; readonly fault: JsonObject; readonly delayMs: number }
  | { readonly kind: "fault-healed"; readonly id: string; readonly why: string }
  | { readonly kind: "fault-missed"; readonly id: string; readonly why: string }
  | { readonly kind: "fault-failed"; readonly id: string; readonly why: string };

/** What happened, by who saw it. */
export type EventBody =
  | ({ readonly source: "harness" } & HarnessEventBody)
  | ({ readonly source: "client" } & ClientEventBody)
  | ({ readonly source: "client-face" | "server-face" } & FaceEventBody)
  | ({ readonly source: "target" } & TargetEventBody)
  | ({ readonly source: "tool" } & ToolEventBody)
  | ({ readonly source: "fault" } & FaultEventBody);

/** Where it happened. Absent members do not apply, or are not known. */
export type EventPlace = {
  readonly session?: number;
  readonly connection?: number;
  readonly lane?: string;
  readonly responseId?: string;
  readonly callId?: string;
  readonly operation?: string;
};

/**
 * One line of a history.
 *
 * @example { "sequence": 12, "source": "server-face", "sourceSequence": 3, "atMs": 41.2, "session": 0, "connection": 0,
 *            "kind": "message", "direction": "to-client", "frame": 0, "endOffset": 512, "type": "response.created" }
 */
export type HistoryEvent = EventBody &
  EventPlace & {
    /** Place in the file, from 0. */
    readonly sequence: number;
    /** Place among the events of its source, from 0. */
    readonly sourceSequence: number;
    /** The harness's monotonic clock when it learned of the event, in ms; 0 is the start of the run. */
    readonly atMs: number;
  };

/** An event before the recorder has given it its place and time. */
export type UnrecordedEvent = EventBody & EventPlace;

/** The events of one kind. */
export type EventOf<Kind extends HistoryEvent["kind"]> = Extract<HistoryEvent, { kind: Kind }>;
