import type { Clock } from "../determinism/clock.ts";
import type { Recorder } from "../history/recorder.ts";
import type { SessionScript } from "../protocol/model-script.ts";

/** A server that is running, somewhere that the proxy can dial. */
export type OpenedTarget = { readonly host: string; readonly port: number; close(): Promise<void> };

/** What a target gets: the conversation of each session, by the API key that the session's client shows. */
export type TargetContext = {
  readonly scripts: ReadonlyMap<string, SessionScript>;
  readonly clock: Clock;
  readonly recorder: Recorder;
};

/** The server at the far end of the wire. */
export type Target = {
  readonly name: string;
  /** Whether it plays the plan's script; rules about operations mean nothing against one that brings its own model. */
  readonly isScripted: boolean;
  open(context: TargetContext): Promise<OpenedTarget>;
};

/** The API key of a session, for example `"cutwire-3"`: a cross-check that the right client uses the right wire. */
export function apiKeyOfSession(session: number): string {
  return `cutwire-${session}`;
}
