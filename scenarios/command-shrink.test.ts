import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Plan, Reproduction, ScheduledFault, ScriptedTurn, SessionScript } from "cutwire";
import { describe, expect, it } from "vitest";

import {
  cutAt,
  type FinishedCommand,
  planOf,
  type RunningCommand,
  waitUntil,
  workplaceOf,
  type Workplace,
} from "./cutwire-command.test-support.ts";

/** A search runs as long as it has to, on whatever machine. */
const SEARCH_MS_MAX = 840_000;
const ATTEMPTS_MAX = 5;

/** A turn that makes these calls, one after the other, and ends with a text. */
function turnOf(userText: string, ...operations: readonly string[]): ScriptedTurn {
  const steps = operations.map((operation) => ({ calls: [{ operation, arguments: { seat: "12A" } }], deltas: 3 }));
  return { userText, script: { steps: [...steps, { reasoning: "All is done.", text: "It is booked.", deltas: 3 }] } };
}

/** A cut of a session at the n-th time that it comes to a point. */
function cutOf(
  id: string,
  session: number,
  [point, occurrence]: readonly ["P6" | "P12" | "P13", number],
): ScheduledFault {
  return { ...cutAt("P6"), id, when: { place: { session }, at: { kind: "point", point, occurrence } } };
}

const SESSIONS: readonly SessionScript[] = [
  { turns: [turnOf("Book a seat in the first train.", "s0-a"), turnOf("Thank you.")] },
  { turns: [turnOf("Good day."), turnOf("Two seats, please.", "s1-a", "s1-b"), turnOf("And one more.", "s1-c")] },
  { turns: [turnOf("Book the last train.", "s2-a"), turnOf("That is all.")] },
];

/** A slow wire of a session. */
function slowIn(session: number): ScheduledFault {
  return {
    id: "slow",
    fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 20, jitter: 0 } },
    when: { place: { session }, at: { kind: "point", point: "P3", occurrence: 1 } },
    heal: { kind: "after", delayMs: 200 },
  };
}

const BIG: Plan = {
  ...planOf({
    faults: [cutOf("text", 0, ["P12", 1]), slowIn(2), cutOf("call", 1, ["P6", 3]), cutOf("end", 2, ["P13", 2])],
  }),
  workload: { sessions: SESSIONS },
};

/** Has a failure of a client, planted:M11 where none is named, with a plan in virtual time, and answers the name of its reproduction file. */
async function haveFailure(place: Workplace, plan: Plan, client = "planted:M11"): Promise<string> {
  const args = ["--client", client, "--backend", "simulation", "--confirm", "0"];
  await place.run(["run", place.write("plan.json", plan), ...args]);
  return place.write("failure.json", place.read(".cutwire/latest/plan/reproduction.json"));
}

/**
 * Shrinks on real sockets. A machine that is busy enough may keep the plan itself from failing; it is then asked again,
 * because that says nothing about shrinking.
 */
async function shrinkOnSockets(
  place: Workplace,
  args: readonly string[],
  meanwhile?: (running: RunningCommand) => Promise<void>,
): Promise<FinishedCommand> {
  for (let attempt = 1; ; attempt += 1) {
    const running = place.start(["shrink", ...args, "--backend", "embedded", "--for", "1h"]);
    await meanwhile?.(running);
    const finished = await running.finished;
    const isGone = finished.stdout.startsWith("could not shrink: the plan as it is does not fail");
    if (!isGone || attempt === ATTEMPTS_MAX) return finished;
  }
}

function readReproduction(place: Workplace, name: string): Reproduction {
  return JSON.parse(place.read(name)) as Reproduction;
}

const SMALL = planOf({
  turns: [
    {
      userText: "Book.",
      script: {
        steps: [
          { calls: [{ operation: "a" }], deltas: 1 },
          { text: "Ok", deltas: 1 },
        ],
      },
    },
  ],
  faults: [cutAt("P6")],
});

describe("cutwire shrink", () => {
  it(
    "makes one session with one fault of three with four, and it replays",
    { timeout: SEARCH_MS_MAX },
    async (context) => {
      const place = workplaceOf(context);
      const file = await haveFailure(place, BIG);
      const { code, stdout, stderr } = await shrinkOnSockets(place, [file, "--tries", "25"]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toMatch(/^smaller: INV-02 is still violated, with the same witness$/m);
      expect(stdout).toMatch(/^ {2}sessions {7}3 {7}1$/m);
      expect(stdout).toMatch(/^ {2}faults {9}4 {7}1$/m);
      expect(stdout).toMatch(/^replay {3}npx cutwire replay failure\.min\.json$/m);
      const before = readReproduction(place, file);
      const { plan, ...smaller } = readReproduction(place, "failure.min.json");
      expect(plan.workload.sessions.map(({ turns }) => turns.map(({ script }) => script.steps.length))).toEqual([[2]]);
      expect(plan.faults.map(({ id, when }) => ({ id, session: when.place.session }))).toEqual([
        { id: "call", session: 0 },
      ]);
      expect([plan.seed, plan.limits]).toEqual([before.plan.seed, before.plan.limits]);
      expect([smaller.client, smaller.contract]).toEqual([before.client, before.contract]);
      expect(smaller.verdicts).toMatchObject([{ rule: "INV-02", outcome: "violated" }]);
      expect(place.strays()).toEqual([".cutwire", "failure.min.json"]);
      const replayed = await place.run(["replay", "failure.min.json"]);
      expect(replayed).toMatchObject({ code: 1, stdout: expect.stringMatching(/^reproduced\n/) as string });
    },
  );

  it("finds that an outage alone is too much for a client that never stops dialling", async (context) => {
    const place = workplaceOf(context);
    const at = { kind: "point", point: "P2", occurrence: 1 } as const;
    const outage: ScheduledFault = {
      id: "outage",
      fault: { kind: "reject", how: "reset", dials: 1_000 },
      when: { place: { session: 0 }, at },
      heal: { kind: "never" },
    };
    const cut: ScheduledFault = {
      ...outage,
      id: "cut",
      fault: { kind: "cut", mode: "rst" },
      heal: { kind: "on-close" },
    };
    const plan = planOf({ faults: [cut, outage] });
    const file = await haveFailure(place, plan, "planted:M07");
    for (const rule of ["INV-23", "INV-34"]) {
      const shrunk = await place.run(["shrink", file, "--rule", rule, "--for", "1h"]);
      expect(shrunk).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}faults {9}2 {7}1$/m) as string });
      const [fault, ...others] = readReproduction(place, "failure.min.json").plan.faults;
      expect(fault).toMatchObject({ id: "outage", when: { at: { ...at, point: "P0" } } });
      expect(others).toEqual([]);
    }
  });

  it(
    "shrinks in virtual time to the end, and what is left fails on sockets",
    { timeout: SEARCH_MS_MAX },
    async (context) => {
      const place = workplaceOf(context);
      const file = await haveFailure(place, BIG);
      const { code, stdout } = await place.run(["shrink", file, "--for", "1h"]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^smaller: INV-02/) as string });
      expect(stdout).toContain("whatever else could be left out, the failure goes with it");
      const { plan, backend } = readReproduction(place, "failure.min.json");
      expect({ backend, sessions: plan.workload.sessions.length, faults: plan.faults.length }).toEqual({
        backend: "simulation",
        sessions: 1,
        faults: 1,
      });
      const again = await place.run(["shrink", "failure.min.json", "--for", "1h"]);
      expect(again).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/^nothing smaller found: INV-02/) as string,
      });
      const replayed = await place.run(["replay", "failure.min.json", "--backend", "embedded"]);
      expect(replayed).toMatchObject({ code: 1, stdout: expect.stringMatching(/^reproduced\n/) as string });
    },
  );

  it.concurrent("says that nothing smaller was found, and writes nothing", async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place, SMALL);
    const { code, stdout } = await place.run(["shrink", file, "--for", "1h", "--tries", "1"]);
    expect({ code, stdout }).toEqual({
      code: 2,
      stdout: expect.stringMatching(/^nothing smaller found: INV-02 is violated by the plan as it is\n/) as string,
    });
    expect(place.strays()).toEqual([".cutwire"]);
  });

  it.concurrent("could not shrink what does not fail any more, or not as its file says", async (context) => {
    const place = workplaceOf(context);
    const failure = readReproduction(place, await haveFailure(place, SMALL));
    place.write("failure.json", { ...failure, client: { name: "reference" } });
    const { code, stdout } = await place.run(["shrink", "failure.json"]);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringMatching(/^could not shrink: the plan as/) as string,
    });
    expect(stdout).toMatch(/^ {2}INV-02: violated in 0 of 1$/m);
    const other = failure.verdicts.map((verdict) => ({ ...verdict, rule: "INV-24" }));
    place.write("failure.json", { ...failure, verdicts: other });
    const changed = await place.run(["shrink", "failure.json"]);
    expect(changed.code).toBe(3);
    expect(changed.stdout).toMatch(/^ {2}violated instead: .*INV-02/m);
    expect(place.strays()).toEqual([".cutwire"]);
  });

  it.concurrent("takes a file of an earlier release, which knew fewer promises and limits", async (context) => {
    const place = workplaceOf(context);
    const failure = readReproduction(place, await haveFailure(place, { ...SMALL, faults: [slowIn(0), cutAt("P6")] }));
    const { createsPerTurnMax: _creates, fallback: _fallback, ...contract } = failure.contract;
    const { sessionsMax: _sessions, ...limits } = failure.plan.limits;
    place.write("failure.json", { ...failure, contract, plan: { ...failure.plan, limits }, versions: {} });
    const { code } = await place.run(["shrink", "failure.json", "--for", "1h", "--tries", "3", "--out", "small.json"]);
    expect(code).toBe(0);
    expect(readReproduction(place, "small.json").plan.faults.map(({ id }) => id)).toEqual(["cut"]);
  });

  it("keeps the best so far on Ctrl-C", { timeout: SEARCH_MS_MAX }, async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place, BIG);
    const { code, stdout } = await shrinkOnSockets(place, [file], async ({ child }) => {
      const isOver = (): boolean => child.exitCode !== null || existsSync(join(place.directory, "failure.min.json"));
      await waitUntil(isOver, SEARCH_MS_MAX, "something smaller was found");
      child.kill("SIGINT");
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: expect.stringMatching(/^smaller: INV-02/) as string });
    const { plan } = readReproduction(place, "failure.min.json");
    expect(plan.workload.sessions.length).toBeLessThan(3);
    expect(place.strays()).toEqual([".cutwire", "failure.min.json"]);
  });

  it.concurrent("ends with the time that it was given", async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place, SMALL);
    const { code, stdout } = await place.run(["shrink", file, "--for", "1ms"]);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringMatching(/^could not shrink: it was ended before/) as string,
    });
    expect(stdout).toContain("give it longer with --for");
  });

  it.concurrent("refuses what it cannot do with the place of the mistake", async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place, SMALL);
    for (const [args, words] of [
      [[], "Give one reproduction file: cutwire shrink FILE."],
      [["no-such.json"], "no-such.json cannot be read: there is no such file."],
      [["plan.json"], "plan.json is not a reproduction"],
      [[file, "--for", "60"], "--for 60: a time with its unit is expected"],
      [[file, "--tries", "0"], "--tries 0: a whole number from 1"],
      [[file, "--rule", "INV-24"], 'The file has no violation of "INV-24". It names INV-02'],
      [[file, "--out", "no/such/folder.json"], "no/such/folder.json cannot be written: ENOENT"],
      [[file, "--backend", "magic"], 'There is no backend named "magic".'],
    ] as const) {
      const { code, stdout, stderr } = await place.run(["shrink", ...args]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toContain(words);
    }
  });
});
