import type { Clock } from "../determinism/clock.ts";
import type { EventSource, HistoryEvent, UnrecordedEvent } from "./event.ts";
import { encodeEvent } from "./history-codec.ts";
import type { HistorySink } from "./history-sink.ts";
import { createRedactor, type Redactor } from "./redaction.ts";

/** Writes a history: gives each event its place and its time. */
export type Recorder = {
  /** Records an event and answers its sequence number; behind the end it records nothing. */
  record(event: UnrecordedEvent): number;
  /** Milliseconds since the run started. */
  nowMs(): number;
  /** Remembers a secret; from now on it stands in no event. */
  learnSecret(secret: string): void;
  /** Everything recorded so far. */
  events(): readonly HistoryEvent[];
  /** The history is whole. Sockets that are gone may tell of it later still, and that is no part of the run. */
  end(): void;
};

/** How a recorder is opened. */
export type RecorderOptions = {
  readonly clock: Clock;
  readonly sink: HistorySink;
  /** Takes secrets out of every event before anybody sees it; absent: nothing is taken for a secret. */
  readonly redactor?: Redactor;
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
  const { clock, sink, eventsMax, redactor = createRedactor("") } = options;
  const startMs = clock.nowMs();
  const events: HistoryEvent[] = [];
  const countOfSource = new Map<EventSource, number>();
  let isEnded = false;
  const nowMs = (): number => Math.round((clock.nowMs() - startMs) * 1000) / 1000;
  /** Checkers see what is stored, so that a stored history is judged as the run was. */
  function store(event: HistoryEvent): HistoryEvent {
    const line = encodeEvent(event);
    const stored = redactor.redact(line);
    sink.append(stored);
    return stored === line ? event : (JSON.parse(stored) as HistoryEvent);
  }
  return {
    nowMs,
    learnSecret: (secret) => redactor.learn(secret),
    events: () => events,
    end: () => void (isEnded = true),
    record(unrecorded) {
      const sequence = events.length;
      const isFull = sequence >= eventsMax && !tellsTheEnd(unrecorded);
      if (isEnded || isFull || sequence >= eventsMax + CLOSING_EVENTS_MAX) return sequence;
      const sourceSequence = countOfSource.get(unrecorded.source) ?? 0;
      countOfSource.set(unrecorded.source, sourceSequence + 1);
      const event: HistoryEvent = { sequence, sourceSequence, atMs: nowMs(), ...unrecorded };
      const isKeptAsItIs = sink.keepsNothing === true && !redactor.occursIn(event);
      events.push(isKeptAsItIs ? event : store(event));
      if (events.length === eventsMax) options.onFull();
      return sequence;
    },
  };
}
