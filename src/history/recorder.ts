import type { Clock } from "../determinism/clock.ts";
import type { EventSource, HistoryEvent, UnrecordedEvent } from "./event.ts";
import { encodeEvent } from "./history-codec.ts";
import type { HistorySink } from "./history-sink.ts";

/** Writes a history: gives each event its place and its time. */
export type Recorder = {
  /** Records an event and answers its sequence number. */
  record(event: UnrecordedEvent): number;
  /** Milliseconds since the run started. */
  nowMs(): number;
  /** Everything recorded so far. */
  events(): readonly HistoryEvent[];
};

/** How a recorder is opened. */
export type RecorderOptions = {
  readonly clock: Clock;
  readonly sink: HistorySink;
  /** How many events there may be. */
  readonly eventsMax: number;
  /** Called once, when the bound is reached: the run has to end. */
  onFull(): void;
};

/** Room behind the bound, so that the end of a run that hit it is still told. */
const CLOSING_EVENTS_MAX = 10_000;

/** What tells the end of a run. What still floods in from elsewhere must not take the room that it needs. */
function tellsTheEnd({ source, kind }: UnrecordedEvent): boolean {
  return source === "harness" || source === "fault" || kind === "client-exited";
}

/** Opens the recorder of one run. Beyond the bound only what tells its end is recorded, and that is bounded too. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { clock, sink, eventsMax } = options;
  const startMs = clock.nowMs();
  const events: HistoryEvent[] = [];
  const countOfSource = new Map<EventSource, number>();
  const nowMs = (): number => Math.round((clock.nowMs() - startMs) * 1000) / 1000;
  return {
    nowMs,
    events: () => events,
    record(unrecorded) {
      const sequence = events.length;
      const isFull = sequence >= eventsMax && !tellsTheEnd(unrecorded);
      if (isFull || sequence >= eventsMax + CLOSING_EVENTS_MAX) return sequence;
      const sourceSequence = countOfSource.get(unrecorded.source) ?? 0;
      countOfSource.set(unrecorded.source, sourceSequence + 1);
      const event: HistoryEvent = { sequence, sourceSequence, atMs: nowMs(), ...unrecorded };
      events.push(event);
      sink.append(encodeEvent(event));
      if (events.length === eventsMax) options.onFull();
      return sequence;
    },
  };
}
