import type { Clock } from "../determinism/clock.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Capability } from "../plan/fault-description.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import type { World } from "../simulation/world.ts";

/** What can be done to a server from the inside, for one session. Each resolves when it was done. */
export type TargetControl = {
  /** Forgets what the session's connections remember, what `store: true` keeps, or both. */
  forget(session: number, what: "connections" | "store" | "all"): Promise<void>;
  /** Counts the ids of the session's calls from one again, so that ids come a second time. */
  reuseCallIds(session: number): Promise<void>;
  /** Reads and writes nothing on the session's open connections, as a process that is stopped; answers their number. */
  freeze(session: number): Promise<number>;
  thaw(session: number): Promise<void>;
  /** Does something to the machine that the server runs on; absent where that is nothing of ours. */
  disturbMachine?(disturbance: MachineDisturbance): Promise<{ undo(): Promise<void> }>;
};

/**
 * What can be done to a server's machine, for all sessions at once: stop it as it is, kill its process until it is
 * started again, kill and start it at once, or take it off the network that its clients come from.
 */
export type MachineDisturbance = {
  readonly action: "pause" | "kill" | "restart" | "disconnect";
  /** Whether what the server stored is there again when it has been killed and started anew. */
  readonly keepsStore: boolean;
};

/** A server that is running, somewhere that the proxy can dial. */
export type OpenedTarget = {
  /** As it stands in a URL: an IPv6 address has its brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of its base URL, which `/responses` is added to; `"/v1"` where absent. */
  readonly basePath?: string;
  /** Absent where nothing can be done to it. */
  readonly control?: TargetControl;
  /** The API key that a session's client has to show; {@link apiKeyOfSession} where absent. */
  readonly apiKeyOf?: (session: number) => string;
  close(): Promise<void>;
};

/** What a target gets: the conversation of each session, by the API key that the session's client shows. */
export type TargetContext = {
  readonly scripts: ReadonlyMap<string, SessionScript>;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Whether the run wants the server for itself, because it does something to its machine. */
  readonly isAlone?: boolean;
  /** The simulated world that it is to listen in; on the machine's own network where absent. */
  readonly world?: World;
};

/** An image with a server in it, and how that is run and reached. */
export type TargetImage = {
  /** As the engine knows it: `"registry.example/my-server:1.4"`. */
  readonly image: string;
  /** Where the server listens in its container, on every address. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** The path that it answers with a 2xx as soon as it is well; without one, whatever it answers to HTTP says so. */
  readonly health?: string;
  /** The path of its base URL, which `/responses` is added to. */
  readonly basePath: string;
};

/** The server at the far end of the wire. */
export type Target = {
  readonly name: string;
  /** Whether it plays the plan's script; rules about operations mean nothing against one that brings its own model. */
  readonly isScripted: boolean;
  /** The key that the clients show to it; each session's own where absent. */
  readonly apiKey?: string;
  /** Which faults it can make itself; none where absent. */
  readonly capabilities?: ReadonlySet<Capability>;
  /** Whether it can listen in a simulated world; no where absent. */
  readonly canBeSimulated?: boolean;
  /** What a backend with containers starts it from; absent where it runs already, or in this process. */
  readonly image?: TargetImage;
  open(context: TargetContext): Promise<OpenedTarget>;
};

/** The API key of a session, for example `"cutwire-3"`: a cross-check that the right client uses the right wire. */
export function apiKeyOfSession(session: number): string {
  return `cutwire-${session}`;
}

/** The API key of a session on a server that several runs share, for example `"cutwire-3-k7r2m0"`. */
export function apiKeyOfRun(session: number, run: string): string {
  return `${apiKeyOfSession(session)}-${run}`;
}

/** Whether a key is one of ours, which is no secret. */
export function isSessionKey(key: string): boolean {
  return /^cutwire-\d+(?:-[0-9a-z]+)?$/.test(key);
}
