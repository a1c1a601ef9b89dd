import type { UnrecordedEvent } from "../history/event.ts";
import type { Recorder } from "../history/recorder.ts";
import { readEventError } from "../protocol/error-shapes.ts";

/** Longer hints are obeyed by nobody: they end the turn instead (protocol.md §7 B5), in ms. */
const HINT_MS_MAX = 60_000;

/** Hears of every hint to wait that a session's client is given, and of every dial that gets no answer: how long, in ms. */
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
  // A dial without an answer is a stroke of its own: how long an outage may last is a matter of the budget of attempts.
  if (event.kind === "dial-unanswered") return 0;
  if (event.kind === "dial-rejected" || event.kind === "upgrade-answered") return event.retryAfterMs;
  if (event.kind !== "message" || event.direction !== "to-client" || event.body === undefined) return undefined;
  return readEventError(event.type, event.body)?.retryAfterMs;
}
