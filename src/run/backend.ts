import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";
import type { Recorder } from "../history/recorder.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { Capability } from "../plan/fault-description.ts";
import type { Direction } from "../protocol/direction.ts";
import type { World } from "../simulation/world.ts";
import type { AnchorRegistry } from "./anchor-registry.ts";
import type { SurroundedRun, Surroundings } from "./surroundings.ts";
import type { MessageFaces } from "./tap/message-faces.ts";
import type { Target } from "./target.ts";

/** Something that was done to a wire, has been read back, and can be undone. */
export type AppliedChange = {
  /** Resolves when it first struck; absent where applying it already is the strike. */
  readonly struck?: Promise<void>;
  /** What it was to do and has not done so far, for example `"only 1 of 2 dials came"`. */
  shortfall?(): string | undefined;
  /** Whether that counts also where the fault had an end of its own; false where absent. */
  readonly owesAlways?: boolean;
  undo(): Promise<void>;
};

/** Which dials are turned away, and how. */
export type DialRejection = {
  /** `"silence"`: the dial is accepted and never answered. */
  readonly how:
    "reset" | "silence" | { readonly status: number; readonly retryAfterSeconds?: number; readonly location?: string };
  readonly dials: number;
};

/** Which answers that upgrade are disturbed, and how. */
export type UpgradeDisturbance = {
  readonly how: "wrong-accept-key" | { readonly lateMs: number };
  readonly dials: number;
};

/**
 * One session's wire: its own listen port and its own proxy. The verbs are what faults are made of.
 *
 * Each resolves when the change was applied and read back. It rejects where the proxy refused it, and the fault has
 * then *failed*, which is nobody's violation.
 */
export type Wire = {
  readonly session: number;
  /** `"http://127.0.0.1:PORT/v1"`. */
  readonly baseUrl: string;
  /** The connection that was accepted last and is still there. */
  liveConnection(): number | undefined;
  /** Resolves when a connection is gone on both sides. */
  connectionGone(connection: number): Promise<void>;
  cut(mode: "fin" | "rst" | "blackhole", connection: number): Promise<AppliedChange>;
  closeWithFrame(frame: { readonly code: number; readonly reason: string }, connection: number): Promise<AppliedChange>;
  /** Keeps one direction of a connection back, without loss, until it is undone; the other one goes on. */
  stall(direction: Direction, connection: number): Promise<AppliedChange>;
  rejectDials(rejection: DialRejection): Promise<AppliedChange>;
  /** Closes the port: the connections that are there end, and dials are refused, or not answered, until it is undone. */
  refuseDials(how?: "unanswered"): Promise<AppliedChange>;
  disturbUpgrades(disturbance: UpgradeDisturbance): Promise<AppliedChange>;
  /** What passes the faces, message by message. */
  readonly faces: MessageFaces;
  addToxic(toxic: {
    readonly type: string;
    readonly direction: Direction;
    readonly attributes: Readonly<Record<string, number>>;
  }): Promise<AppliedChange>;
};

/** What a real Toxiproxy can do, with a face of ours on each side of it. */
export const TOXIPROXY_CAPABILITIES: ReadonlySet<Capability> = new Set([
  "cut-fin",
  "cut-blackhole",
  "close-frame",
  "reject-dial",
  "refuse-dial",
  "disturb-upgrade",
  "edit-messages",
  "toxic-bandwidth",
  "toxic-latency",
  "toxic-limit-data",
  "toxic-reset-peer",
  "toxic-slicer",
  "toxic-slow-close",
  "toxic-timeout",
]);

/** What a backend gets. */
export type BackendContext = {
  readonly sessionCount: number;
  /** Where the target listens, as the proxy dials it. */
  readonly upstream: { readonly host: string; readonly port: number };
  readonly recorder: Recorder;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** How many bytes may pass over all wires. */
  readonly bytesMax: number;
  /** Called once, when that bound is reached. */
  onFull(): void;
  /** The simulated world of the run; absent on the machine itself. */
  readonly world?: World;
};

/** Wires that are open. */
export type OpenedBackend = { readonly wires: readonly Wire[]; close(): Promise<void> };

/** A way to put faults on a wire. */
export type Backend = {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** Whether a plan goes the same way every time, so that one run of it says all; false where absent, as on a wall clock. */
  readonly isRepeatable?: boolean;
  /** Lets runs happen in surroundings of its own; absent: on the machine itself, with the client in a process. */
  surround?<Result>(request: SurroundedRun, run: (surroundings: Surroundings) => Promise<Result>): Promise<Result>;
  /** Why it cannot do this fault, or not there and not until then, although it has what faults of that kind need. */
  refusal?(scheduled: ScheduledFault): string | undefined;
  /** The target as it stands behind this backend, where that is not this process; the target itself where absent. */
  targetOf?(target: Target): Target;
  open(context: BackendContext): Promise<OpenedBackend>;
  /** Ends at once what it keeps for further runs, which would else end by itself soon after; it can be opened again. */
  close?(): Promise<void>;
};
