import { expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import { createRecorder } from "../history/recorder.ts";
import { openDelayLog } from "./delay-log.ts";

it("tells each block of the event loop once, with the time in which it happened, and the rest at the end", async () => {
  const clock = createSystemClock();
  const recorder = createRecorder({
    clock,
    sink: createMemoryHistorySink(),
    eventsMax: 100,
    onFull: () => undefined,
  });
  const log = openDelayLog(clock, recorder, true);
  const block = (ms: number): void => {
    const startMs = clock.nowMs();
    while (clock.nowMs() - startMs < ms);
  };
  const told = (): readonly number[] =>
    recorder.events().flatMap((event) => (event.kind === "event-loop-delay" ? [event.maxMs] : []));
  await sleep(clock, 20);
  block(400);
  while (told().length < 1) await sleep(clock, 5);
  expect(told()[0]).toBeGreaterThan(380);
  block(120);
  log.close();
  log.close();
  expect(told().at(-1)).toBeGreaterThan(100);
  const count = told().length;
  await sleep(clock, 300);
  expect(told()).toHaveLength(count);
});
