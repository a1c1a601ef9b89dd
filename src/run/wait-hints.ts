import type { UnrecordedEvent } from "../history/event.ts";
import type { Recorder } from "../history/recorder.ts";
import { readEventError } from "../protocol/error-shapes.ts";

/** Longer hints are obeyed by nobody: they end the turn instead (protocol.md §7 B5), in ms. */
const HINT_MS_MAX = 60_000;

/** Hears of every hint to wait that a session's client is given: which session, and for how long, in ms. */
export type HintListener = (session: number, waitMs: number) => void;

/** The same recorder, which tells a listener of the hints that it records. */
export function listenForHints(recorder: Recorder, onHint: HintListener): Recorder {
  return {
    ...recorder,
    record(event) {
      const sequence = recorder.record(event);
      const waitMs = hintOf(event);
      if (event.session !== undefined && waitMs !== undefined && waitMs <= HINT_MS_MAX) onHint(event.session, waitMs);
      return sequence;
    },
  };
}

function hintOf(event: UnrecordedEvent): number | undefined {
  if (event.kind === "dial-rejected" || event.kind === "upgrade-answered") return event.retryAfterMs;
  if (event.kind !== "message" || event.direction !== "to-client" || event.body === undefined) return undefined;
  return readEventError(event.type, event.body)?.retryAfterMs;
}
