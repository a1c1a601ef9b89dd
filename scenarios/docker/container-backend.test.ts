import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { createHarness, type Fault, type Heal, runPlan, type Scenario, type ScheduledFault } from "cutwire";
import { describeBackend } from "cutwire/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BOOKING, openWorkplace, planOf, type Workplace } from "../cutwire-command.test-support.ts";
import { type Report, runAsExpected } from "./expected-run.test-support.ts";
import { COMMAND_ENV as env, standing, WHY_SKIPPED } from "./engine.test-support.ts";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;
const ROUNDS = IS_FULL ? 5 : 1;
const TRIES_MAX = 4;
const SUITE_MS_MAX = 300_000 * ROUNDS;

/** The scenarios of the suite that Toxiproxy cannot express, with what is missing; `fidelity.md` has the reasons. */
const NOT_EXPRESSED: Readonly<Record<string, string>> = rowsOfFidelity("Scenarios that it cannot express");

/** The rules that a race within the client decides to be judged or not, by scenario: `{ "limited-wire": "INV-33, B7" }`. */
const UP_TO_A_RACE: Readonly<Record<string, string>> = rowsOfFidelity("What a race decides");

/** The first two columns of the table below a heading of `fidelity.md`. */
function rowsOfFidelity(heading: string): Readonly<Record<string, string>> {
  const text = readFileSync(new URL("../../src/tcp-proxy/fidelity.md", import.meta.url), "utf8");
  const [section = ""] = text.split(`\n## ${heading}\n`)[1]?.split("\n## ") ?? [];
  const rows = section.matchAll(/^\| `([\w-]+)`\s*\| `([\w, -]+)`\s*\|/gm);
  return Object.fromEntries([...rows].map(([, name = "", second = ""]) => [name, second]));
}

/** What the two say differently of the scenarios that both ran, a line for each rule. */
function differences(container: Report, embedded: Report): readonly string[] {
  const both = container.scenarios.filter(({ outcome }) => outcome !== "not-exercised");
  return both.flatMap(({ name, verdicts }) => {
    const other = embedded.scenarios.find((scenario) => scenario.name === name)?.verdicts ?? [];
    return verdicts.flatMap(({ rule, outcome, message }) => {
      const said = other.find((verdict) => verdict.rule === rule);
      const isRace = UP_TO_A_RACE[name]?.split(", ").includes(rule) === true;
      const outcomes = new Set([outcome, said?.outcome]);
      if (outcomes.size === 1 || (isRace && outcomes.has("holds") && outcomes.has("not-exercised"))) return [];
      return [`${name} ${rule}: ${outcome} (${message}); embedded ${said?.outcome} (${said?.message})`];
    });
  });
}

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

  const runOn = async (backend: string, args: readonly string[]): Promise<Report> => {
    const file = `report-${backend}.json`;
    const reporting = ["--reporter", `json=${file}`, "--quiet", "--out", `.cutwire-${backend}`];
    const finished = await place.run(["run", ...args, "--backend", backend, ...reporting], { env });
    if (![0, 1, 2].includes(finished.code ?? 4)) throw new Error(`${finished.stdout}${finished.stderr}`);
    return JSON.parse(place.read(file)) as Report;
  };
  const run = async (...args: readonly string[]): Promise<Report> => await runOn("container", args);

  /** Runs scenarios on both backends at once, until they went as expected on each; answers both reports. */
  const runOnBoth = async (names: readonly string[]): Promise<readonly [container: Report, embedded: Report]> =>
    await Promise.all([
      runAsExpected(place, async (some) => await run(...some, "--sessions-max", "16"), names),
      runAsExpected(place, async (some) => await runOn("embedded", [...some, "--jobs", "2"]), names),
    ]);

  it(
    `runs the whole suite as expected, skips by name what Toxiproxy cannot express, and each checker says the same as in the embedded proxy: ${ROUNDS} of ${ROUNDS} times`,
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [report, embedded] = await runOnBoth([]);
        expect(await standing()).toEqual(before);
        const skipped = report.scenarios.filter(({ outcome }) => outcome === "not-exercised");
        const missing = skipped.map(({ name, notExercised = "" }) => [
          name,
          /needs ([\w-]+)/.exec(notExercised)?.[1] ?? notExercised,
        ]);
        expect(Object.fromEntries(missing)).toEqual(NOT_EXPRESSED);
        const judged = report.scenarios.filter((scenario) => !skipped.includes(scenario));
        const faults = judged.flatMap((scenario) => scenario.faults);
        expect(faults.length).toBeGreaterThan(20);
        expect(new Set(faults.map(({ state }) => state))).toEqual(new Set(["fired"]));
        let differing = differences(report, embedded);
        console.log(`${judged.length} scenarios, ${faults.length} faults; verdicts that differ: ${differing.length}`);
        // A busy machine leaves rules about time undecided, and has clients dial anew on their own.
        for (let left = TRIES_MAX; differing.length > 0 && left > 0; left -= 1) {
          differing.forEach((line) => console.log(`  again: ${line}`));
          differing = differences(
            ...(await runOnBoth([...new Set(differing.map((line) => line.split(" ")[0] ?? ""))])),
          );
        }
        expect(differing).toEqual([]);
      }
    },
    SUITE_MS_MAX,
  );

  it("refuses what it cannot express where it was named", async () => {
    const finished = await place.run(["run", "rst-mid-text", "--backend", "container"], { env });
    expect([finished.code, finished.stderr]).toEqual([3, expect.stringContaining("needs cut-rst of the backend")]);
  });

  it("says that nothing ran where a suite has nothing that it can express", async () => {
    place.write("cutwire.config.json", { backend: "container", scenarios: ["rst-mid-text"] });
    const nothing = await place.run(["run", "--config", "cutwire.config.json"], { env });
    expect([nothing.code, nothing.stdout]).toEqual([2, expect.stringContaining("needs cut-rst of the backend")]);
  });

  it("convicts a planted bug", async () => {
    const few = ["--confirm", "0", "--sessions-max", "4"];
    const { exitCode, scenarios } = await run("cut-after-call-done", "--client", "planted:M11", ...few);
    expect([exitCode, scenarios.map(({ outcome }) => outcome)]).toEqual([1, ["violated"]]);
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
    const again = async (some: readonly string[]): Promise<Report> =>
      await run(...some.map((name) => (name.endsWith(".json") ? name : `${name}.json`)), "--sessions-max", "4");
    const report = await runAsExpected(place, again, files);
    expect(report.scenarios.map(({ name, faults }) => [name, faults.map(({ state }) => state)])).toEqual(
      disturbances.map(([name]) => [name, ["fired"]]),
    );
  });

  it("leaves nothing behind after Ctrl-C, and after a kill the next start sweeps up", async () => {
    const few = ["--backend", "container", "--sessions-max", "4"];
    const interrupted = place.start(["run", "reject-every-dial", ...few], { env });
    await untilStanding((names) => names.some((name) => name.startsWith("container cutwire-")));
    process.kill(interrupted.pid, "SIGINT");
    expect((await interrupted.finished).code).toBe(130);
    expect(await standing()).toEqual(before);
    const killed = place.start(["run", "reject-every-dial", ...few], { env });
    await untilStanding((names) => names.filter((name) => name.startsWith("container cutwire-")).length === 3);
    process.kill(killed.pid, "SIGKILL");
    await killed.finished;
    expect(await standing()).not.toEqual(before);
    const next = await place.run(["run", "fin-mid-text", ...few], { env });
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

const harness = createHarness({ containerSessionsMax: 8 });
const container = harness.backends.get("container");
if (container === undefined) throw new Error("there is no container backend");
// What is done to the container itself is above: a contract for all backends has no sample of it.
const ofWires = [...container.capabilities].filter((capability) => !capability.startsWith("container-"));
const subject = { ...container, capabilities: new Set(ofWires) };
describe.skipIf(WHY_SKIPPED !== undefined)("as any backend", () => {
  afterAll(async () => await container.close?.());
  describeBackend("container", () => subject);

  it.each([
    ["kept", "completed"],
    ["lost", "failed"],
  ] as const)(
    "starts the server anew with what it had stored %s: a turn that goes on from there %s",
    async (...told) => {
      const [store, outcome] = told;
      const restart: ScheduledFault = {
        id: "restart",
        fault: { kind: "container", action: "restart", store },
        when: { place: { session: "all" }, at: { kind: "point", point: "P8", occurrence: 1 } },
        heal: { kind: "never" },
      };
      const { record, faults } = await runPlan(planOf({ turns: [BOOKING], faults: [restart] }), {
        client: new URL("../clients/continuing.js", import.meta.url),
        backend: "container",
        harness,
      });
      expect(faults).toMatchObject([{ state: "fired" }]);
      const ended = record.history.find(({ kind }) => kind === "turn-ended");
      expect(ended).toMatchObject(store === "kept" ? { outcome } : { outcome, cause: "previous_response_not_found" });
    },
  );
});
