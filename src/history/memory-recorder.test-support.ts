import type { Clock } from "../determinism/clock.ts";
import { createMemoryHistorySink } from "./history-sink.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

/** A recorder whose lines stay in memory, and how often it said that it is full. */
export type MemoryRecorder = { readonly recorder: Recorder; readonly lines: readonly string[]; fullCount: number };

/** Opens such a recorder; it may hold `eventsMax` events. */
export function openMemoryRecorder(clock: Clock, eventsMax = 100_000): MemoryRecorder {
  const sink = createMemoryHistorySink();
  const recorder = createRecorder({ clock, sink, eventsMax, onFull: () => void (opened.fullCount += 1) });
  const opened: MemoryRecorder = { recorder, lines: sink.lines, fullCount: 0 };
  return opened;
}
