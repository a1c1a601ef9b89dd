import { afterAll, describe, expect, it } from "vitest";

import { openToolLedger, type ToolRunner, type ToolRunnerOptions } from "../run/tool-ledger.ts";
import { breachesOf } from "./breaches.test-support.ts";
import { openHistoryStores } from "./history-stores.test-support.ts";
import { describeToolRunner, TOOL_RUNNER_CONTRACT } from "./tool-runner.ts";

const stores = openHistoryStores();
afterAll(() => stores.close());

for (const [kind, createStore] of Object.entries(stores.create)) {
  describeToolRunner(`ledger, ${kind}`, () => ({ open: openToolLedger, store: createStore() }));
}

describe("the contract of tool runners", () => {
  async function breachesOfRunner(open: (options: ToolRunnerOptions) => ToolRunner): Promise<readonly string[]> {
    return await breachesOf(TOOL_RUNNER_CONTRACT, () => ({ open, store: stores.create.memory() }));
  }

  it("is broken in every clause by one that runs nothing, but in those that forbid an effect", async () => {
    expect(await breachesOfRunner(() => ({ run: async () => "", close: () => undefined }))).toEqual([
      "has stored start",
      "never answers the same twice",
      "has the effect after the time that the script says",
      "answers what it does not understand with an error",
      "runs tools side by side",
      "is held at P8",
    ]);
  });

  it("is broken by one that answers before the run is written down", async () => {
    const hasty = (options: ToolRunnerOptions): ToolRunner => {
      const late: (() => void)[] = [];
      const ledger = openToolLedger({
        ...options,
        recorder: {
          ...options.recorder,
          record(event) {
            late.push(() => void options.recorder.record(event));
            return 0;
          },
        },
      });
      return {
        run: async (...of) => await ledger.run(...of),
        close() {
          for (const write of late.splice(0)) write();
          ledger.close();
        },
      };
    };
    expect(await breachesOfRunner(hasty)).toContain("has stored start");
  });

  it("is broken by one that does not wait, that no anchor holds, or that works on after its end", async () => {
    const impatient = (options: ToolRunnerOptions): ToolRunner => {
      const clock = {
        ...options.clock,
        startTimer: (_delayMs: number, callback: () => void) => options.clock.startTimer(0, callback),
      };
      return openToolLedger({ ...options, clock });
    };
    expect(await breachesOfRunner(impatient)).toEqual(["has the effect after the time that the script says"]);
    const unheld = (options: ToolRunnerOptions): ToolRunner =>
      openToolLedger({ ...options, anchors: { ...options.anchors, match: () => [] } });
    expect(await breachesOfRunner(unheld)).toEqual(["is held at P8"]);
    const endless = (options: ToolRunnerOptions): ToolRunner => ({
      ...openToolLedger(options),
      close: () => undefined,
    });
    expect(await breachesOfRunner(endless)).toContain("ends what is at work when it is closed");
  });
});
