import { afterAll, describe, expect, it } from "vitest";

import { breachesOf } from "./breaches.test-support.ts";
import { openHistoryStores } from "./history-stores.test-support.ts";
import { describeHistorySink, HISTORY_SINK_CONTRACT, type HistoryStore } from "./history-sink.ts";

const stores = openHistoryStores();
afterAll(() => stores.close());

for (const [name, createStore] of Object.entries(stores.create)) describeHistorySink(name, createStore);

describe("the contract of history sinks", () => {
  /** A sink that does to a line what `keep` does, and stores the lot when `flushes` says so. */
  function storeThat(keep: (line: string) => string, flushes: "at once" | "at the end"): () => HistoryStore {
    return () => {
      let stored = "";
      let waiting = "";
      const flush = (): void => {
        stored += waiting;
        waiting = "";
      };
      const append = (line: string): void => {
        waiting += keep(line);
        if (flushes === "at once") flush();
      };
      return { open: () => ({ append, close: flush }), text: () => stored };
    };
  }

  it("is broken by a sink that keeps lines back until the end, and by one that takes them after it", async () => {
    expect(
      await breachesOf(
        HISTORY_SINK_CONTRACT,
        storeThat((line) => `${line}\n`, "at the end"),
      ),
    ).toEqual(["has stored a line when append returns", "takes no line after it was closed"]);
  });

  it("is broken by a sink that writes lines short", async () => {
    expect(
      await breachesOf(
        HISTORY_SINK_CONTRACT,
        storeThat((line) => `${line.slice(0, 65_536)}\n`, "at once"),
      ),
    ).toEqual([
      "stores lines of any length whole",
      "stores a history that is read as it was recorded",
      "takes no line after it was closed",
    ]);
  });

  it("is broken by a sink that writes no line ends", async () => {
    expect(
      await breachesOf(
        HISTORY_SINK_CONTRACT,
        storeThat((line) => line, "at once"),
      ),
    ).toEqual([
      "has stored a line when append returns",
      "stores lines of any length whole",
      "stores a history that is read as it was recorded",
      "can be closed twice",
      "takes no line after it was closed",
    ]);
  });
});
