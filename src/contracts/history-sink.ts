import assert from "node:assert/strict";

import { createManualClock } from "../determinism/manual-clock.ts";
import type { UnrecordedEvent } from "../history/event.ts";
import { decodeHistory } from "../history/history-codec.ts";
import type { HistorySink } from "../history/history-sink.ts";
import { createRecorder } from "../history/recorder.ts";
import { AWKWARD_TEXTS } from "./awkward-texts.ts";
import { type Clause, describeClauses } from "./clause.ts";

/** A place for one history, and what stands there. */
export type HistoryStore = {
  /** Opens the sink; a clause calls it once. */
  open(): HistorySink;
  /** The text that is stored now, read anew, each line with its end; `""` while there is none. */
  text(): string;
};

const LINES: readonly string[] = ['{"sequence":0}', '{"sequence":1}', '{"sequence":2}'];

/** What every history sink owes to the recorder (DESIGN §4): it is synchronous, because virtual time cannot wait. */
export const HISTORY_SINK_CONTRACT: readonly Clause<HistoryStore>[] = [
  {
    title: "stores nothing of its own",
    holds(store) {
      store.open().close();
      assert.equal(store.text(), "");
    },
  },
  {
    title: "has stored a line when append returns, behind those before it: a harness that dies then has lost nothing",
    holds(store) {
      const sink = store.open();
      for (const [index, line] of LINES.entries()) {
        const answer: unknown = sink.append(line);
        assert.equal(answer, undefined, "append answers nothing");
        assert.equal(store.text(), linesOf(LINES.slice(0, index + 1)));
      }
      sink.close();
      assert.equal(store.text(), linesOf(LINES));
    },
  },
  {
    title: "stores lines of any length whole",
    holds(store) {
      const sink = store.open();
      const lines = [1, 65_535, 65_536, 65_537, 5_000_000].map((size) => "ö".repeat(size));
      for (const line of lines) sink.append(line);
      sink.close();
      assert.ok(store.text() === linesOf(lines), "a long line came back changed");
    },
  },
  {
    title: "stores a history that is read as it was recorded, whatever stands in it",
    holds(store) {
      const sink = store.open();
      const recorder = createRecorder({
        clock: createManualClock(),
        sink,
        eventsMax: 1_000,
        onFull: () => assert.fail("the bound was not reached"),
      });
      for (const text of AWKWARD_TEXTS) recorder.record(outputOf(text));
      sink.close();
      assert.deepEqual(decodeHistory(store.text(), "the stored history"), recorder.events());
    },
  },
  {
    title: "can be closed twice",
    holds(store) {
      const sink = store.open();
      sink.append("{}");
      sink.close();
      sink.close();
      assert.equal(store.text(), "{}\n");
    },
  },
  {
    title: "takes no line after it was closed, and says so",
    holds(store) {
      const sink = store.open();
      sink.append("{}");
      sink.close();
      assert.throws(() => sink.append('{"late":true}'));
      assert.equal(store.text(), "{}\n");
    },
  },
];

function outputOf(text: string): UnrecordedEvent {
  return { source: "client", kind: "output", stream: "stdout", text };
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Declares the contract of history sinks for one of them; `createStore` is called once per test.
 *
 * @example describeHistorySink("file", () => {
 *   const path = join(mkdtempSync(join(tmpdir(), "sink-")), "history.jsonl");
 *   return { open: () => openFileHistorySink(path), text: () => readFileSync(path, "utf8") };
 * });
 */
export function describeHistorySink(name: string, createStore: () => HistoryStore): void {
  describeClauses(`the history sink "${name}"`, HISTORY_SINK_CONTRACT, createStore);
}
