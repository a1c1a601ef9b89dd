import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { createHarness, type Fault, type Heal, type Scenario } from "cutwire";
import { describeBackend } from "cutwire/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openWorkplace, type Workplace } from "../cutwire-command.test-support.ts";
import { COMMAND_ENV as env, standing, WHY_SKIPPED } from "./engine.test-support.ts";

const SUITE_MS_MAX = 240_000;

/** The scenarios of the suite that Toxiproxy cannot express, with what is missing; `fidelity.md` has the reasons. */
const NOT_EXPRESSED: Readonly<Record<string, string>> = fidelityList();

function fidelityList(): Readonly<Record<string, string>> {
  const text = readFileSync(new URL("../../src/tcp-proxy/fidelity.md", import.meta.url), "utf8");
  const rows = text.matchAll(/^\| `([\w-]+)`\s*\| `([\w-]+)`\s*\|/gm);
  return Object.fromEntries([...rows].map(([, name = "", missing = ""]) => [name, missing]));
}

type Report = {
  readonly exitCode: number;
  readonly scenarios: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly notExercised?: string;
    readonly faults: readonly { readonly state: string }[];
  }[];
};

describe.skipIf(WHY_SKIPPED !== undefined)("cutwire run --backend container", () => {
  let place: Workplace;
  let before: readonly string[];
  beforeAll(async () => {
    place = openWorkplace();
    before = await standing();
  });
  afterAll(async () => {
    await place.expectNothingLeft();
    place.remove();
  });

  const run = async (...args: readonly string[]): Promise<{ readonly report: Report; readonly output: string }> => {
    const reporting = ["--reporter", "json=report.json", "--reporter", "console"];
    const finished = await place.run(["run", ...args, "--backend", "container", ...reporting], { env });
    const output = `${finished.stdout}${finished.stderr}`;
    const report = [0, 1, 2].includes(finished.code ?? 4)
      ? (JSON.parse(place.read("report.json")) as Report)
      : undefined;
    if (report === undefined) throw new Error(output);
    return { report, output };
  };

  it(
    "runs the whole suite as expected, and skips by name what Toxiproxy cannot express",
    async () => {
      const { report, output } = await run();
      expect([report.exitCode, output]).toEqual([0, output]);
      expect(await standing()).toEqual(before);
      const skipped = report.scenarios.filter(({ outcome }) => outcome === "not-exercised");
      const missing = skipped.map(({ name, notExercised = "" }) => [
        name,
        /needs ([\w-]+)/.exec(notExercised)?.[1] ?? notExercised,
      ]);
      expect(Object.fromEntries(missing)).toEqual(NOT_EXPRESSED);
      const faults = report.scenarios.flatMap((scenario) => (skipped.includes(scenario) ? [] : scenario.faults));
      expect(faults.length).toBeGreaterThan(20);
      expect(new Set(faults.map(({ state }) => state))).toEqual(new Set(["fired"]));
    },
    SUITE_MS_MAX,
  );

  it("refuses what it cannot express where it was named", async () => {
    const finished = await place.run(["run", "rst-mid-text", "--backend", "container"], { env });
    expect([finished.code, finished.stderr]).toEqual([3, expect.stringContaining("needs cut-rst of the backend")]);
  });

  it("convicts a planted bug", async () => {
    const { report, output } = await run("cut-after-call-done", "--client", "planted:M11", "--confirm", "1");
    expect([report.exitCode, output]).toEqual([1, output]);
    expect(await standing()).toEqual(before);
  });

  const disturbances: readonly [string, Fault, Heal][] = [
    ["pause", { kind: "container", action: "pause" }, { kind: "after", delayMs: 600 }],
    ["kill", { kind: "container", action: "kill" }, { kind: "after", delayMs: 300 }],
    ["restart", { kind: "container", action: "restart" }, { kind: "never" }],
    ["disconnect", { kind: "container", action: "disconnect" }, { kind: "after", delayMs: 600 }],
  ];

  it("does to the server's container what a plan says, and the sessions go on", async () => {
    const model = JSON.parse(readFileSync(new URL("../fin-mid-text.json", import.meta.url), "utf8")) as Scenario;
    const [scheduled] = model.plan.faults;
    if (scheduled === undefined) throw new TypeError("the scenario has no fault");
    const files = disturbances.map(([name, fault, heal]) => {
      const when = { ...scheduled.when, place: { session: "all" as const } };
      const plan = { ...model.plan, faults: [{ ...scheduled, fault, heal, when }] };
      return place.write(`${name}.json`, { formatVersion: 1, name, why: "A server's container may go.", plan });
    });
    const { report, output } = await run(...files, "--confirm", "0");
    expect([report.exitCode, output]).toEqual([0, output]);
    expect(report.scenarios.map(({ name, faults }) => [name, faults.map(({ state }) => state)])).toEqual(
      disturbances.map(([name]) => [name, ["fired"]]),
    );
  });

  it("leaves nothing behind after Ctrl-C, and after a kill the next start sweeps up", async () => {
    const interrupted = place.start(["run", "--backend", "container"], { env });
    await untilStanding((names) => names.some((name) => name.startsWith("container cutwire-")));
    process.kill(interrupted.pid, "SIGINT");
    expect((await interrupted.finished).code).toBe(130);
    expect(await standing()).toEqual(before);
    const killed = place.start(["run", "--backend", "container"], { env });
    await untilStanding((names) => names.filter((name) => name.startsWith("container cutwire-")).length === 3);
    process.kill(killed.pid, "SIGKILL");
    await killed.finished;
    expect(await standing()).not.toEqual(before);
    const next = await place.run(["run", "fin-mid-text", "--backend", "container"], { env });
    expect([next.code, next.stderr]).toEqual([0, next.stderr]);
    expect(await standing()).toEqual(before);
  });
});

async function untilStanding(holds: (names: readonly string[]) => boolean): Promise<void> {
  for (let round = 0; round < 300; round += 1) {
    if (holds(await standing())) return;
    await sleep(100);
  }
  throw new Error("no containers came up within half a minute");
}

const container = createHarness().backends.get("container");
if (container === undefined) throw new Error("there is no container backend");
// What is done to the container itself is above: a contract for all backends has no sample of it.
const ofWires = [...container.capabilities].filter((capability) => !capability.startsWith("container-"));
const subject = { ...container, capabilities: new Set(ofWires) };
describe.skipIf(WHY_SKIPPED !== undefined)("as any backend", () => {
  afterAll(async () => await container.close?.());
  describeBackend("container", () => subject);
});
