import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeHistory } from "cutwire";
import { describe, expect, it } from "vitest";

import {
  childrenOf,
  isAlive,
  workplaceOf,
  planOf,
  type RunningCommand,
  waitUntil,
  type Workplace,
} from "./cutwire-command.test-support.ts";

const HISTORY = ".cutwire/latest/plan/history.jsonl";
const PROMISE = "contract: { recoveryDeadlineMs: 20000, idleDeadlineMs: 20000 }";

/** Starts a run whose turn goes on for much longer than any test, and waits until that turn has begun. */
async function startLongTurn(
  place: Workplace,
  runTurn: string,
  { detached = false }: { readonly detached?: boolean } = {},
): Promise<RunningCommand> {
  const open = `async open() { return { async runTurn() { ${runTurn} }, async close() {} }; }`;
  place.write("package.json", { type: "module" });
  place.write("mine.js", `export const client = { name: "mine", ${PROMISE}, ${open} };`);
  place.write("plan.json", planOf({ limits: { runMs: 60_000 } }));
  const running = place.start(["run", "plan.json", "--client", "./mine.js"], { detached });
  const hasBegun = (): boolean =>
    existsSync(join(place.directory, HISTORY)) && place.read(HISTORY).includes('"turn-started"');
  await waitUntil(hasBegun, 10_000, "the turn has begun");
  expect(childrenOf(running.pid)).toHaveLength(1);
  return running;
}

const WAITING = "await new Promise((resolve) => setTimeout(resolve, 60000));";

describe("Ctrl-C in the middle of a run", () => {
  it.concurrent.for([
    { signal: "SIGINT", to: "the command alone", detached: false },
    { signal: "SIGINT", to: "the command and its children, as a terminal does", detached: true },
    { signal: "SIGTERM", to: "the command alone", detached: false },
  ] as const)("ends it with 130 and keeps what was found: $signal to $to", async ({ signal, detached }, context) => {
    const place = workplaceOf(context);
    const running = await startLongTurn(place, WAITING, { detached });
    process.kill(detached ? -running.pid : running.pid, signal);
    const { code, stdout } = await running.finished;
    expect(code).toBe(130);
    expect(stdout).toContain("interrupted: what was found until then is kept");
    const report = JSON.parse(place.read(".cutwire/latest/report.json")) as {
      readonly scenarios: readonly { readonly verdicts: readonly { readonly outcome: string }[] }[];
    };
    expect(report).toMatchObject({ interrupted: true, exitCode: 130 });
    const outcomes = report.scenarios.flatMap(({ verdicts }) => verdicts.map(({ outcome }) => outcome));
    expect(outcomes).not.toContain("violated");
    expect(outcomes).not.toContain("holds");
    const history = decodeHistory(place.read(HISTORY), HISTORY);
    expect(history.map(({ kind }) => kind)).toContain("interrupted");
    expect(history.at(-1)?.kind).toBe("run-ended");
    // The signal is the harness's: a client that dies of it would look as if it had crashed.
    expect(history).toContainEqual(expect.objectContaining({ kind: "client-exited", signal: null, expected: true }));
    expect(place.strays()).toEqual([".cutwire"]);
  });

  it.concurrent("runs nothing more: neither the scenarios that wait nor confirmations", async (context) => {
    const place = workplaceOf(context);
    const names = ["a", "b", "c"].map((name) => place.write(`${name}.json`, planOf({ limits: { runMs: 60_000 } })));
    const open = `async open() { return { async runTurn() { ${WAITING} }, async close() {} }; }`;
    place.write("package.json", { type: "module" });
    place.write("mine.js", `export const client = { name: "mine", ${PROMISE}, ${open} };`);
    const running = place.start(["run", ...names, "--jobs", "1", "--client", "./mine.js"]);
    const first = ".cutwire/latest/a/history.jsonl";
    const hasBegun = (): boolean =>
      existsSync(join(place.directory, first)) && place.read(first).includes('"turn-started"');
    await waitUntil(hasBegun, 10_000, "the first turn has begun");
    running.child.kill("SIGINT");
    expect((await running.finished).code).toBe(130);
    expect(existsSync(join(place.directory, ".cutwire/latest/b"))).toBe(false);
  });

  it.concurrent("ends a client that loops for ever", async (context) => {
    const place = workplaceOf(context);
    const running = await startLongTurn(place, "for (;;) {}");
    running.child.kill("SIGINT");
    const { code } = await running.finished;
    expect(code).toBe(130);
  });

  it.concurrent("does not wait for a second one", async (context) => {
    const place = workplaceOf(context);
    const running = await startLongTurn(place, "for (;;) {}");
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect((await running.finished).code).toBe(130);
  });

  it.concurrent("ends a replay too", async (context) => {
    const place = workplaceOf(context);
    await place.run(["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0"]);
    const file = place.write("failure.json", place.read(".cutwire/latest/cut-after-call-done/reproduction.json"));
    const running = place.start(["replay", file, "--confirm", "1000", "--out", "replays"]);
    const isUnderWay = (): boolean => existsSync(join(place.directory, "replays/latest/run-1/history.jsonl"));
    await waitUntil(isUnderWay, 15_000, "the second run has begun");
    running.child.kill("SIGINT");
    const { code, stdout } = await running.finished;
    expect({ code, stdout }).toMatchObject({ code: 130, stdout: expect.stringMatching(/^reproduced\n/) });
    expect(existsSync(join(place.directory, "replays/latest/run-9"))).toBe(false);
  });
});

describe("a harness that is killed", () => {
  it.concurrent.for([
    { does: "waits", runTurn: WAITING },
    { does: "loops for ever", runTurn: "for (;;) {}" },
    { does: "wants to go on", runTurn: `process.removeAllListeners("disconnect"); ${WAITING}` },
  ])("takes a client with it that $does, and the history stays readable", async ({ runTurn }, context) => {
    const place = workplaceOf(context);
    const running = await startLongTurn(place, runTurn);
    const [client = 0] = childrenOf(running.pid);
    expect(isAlive(client)).toBe(true);
    running.child.kill("SIGKILL");
    expect((await running.finished).signal).toBe("SIGKILL");
    await waitUntil(() => !isAlive(client), 3_000, "the client's process is gone");
    const kinds = decodeHistory(place.read(HISTORY), HISTORY).map(({ kind }) => kind);
    expect(kinds).toContain("turn-started");
  });
});
