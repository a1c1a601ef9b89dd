import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkHistory,
  CHECKERS,
  type Client,
  createMemoryHistorySink,
  decodeHistory,
  replay,
  type Reproduction,
  runPlan,
  type Scenario,
} from "cutwire";
import { testClient } from "cutwire/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BOOKING, cutAt, GREETING, planOf } from "./cutwire-command.test-support.ts";

const CUT = JSON.parse(readFileSync(new URL("./cut-after-call-done.json", import.meta.url), "utf8")) as Scenario;
const OWN_CLIENT = new URL("./clients/listener.js", import.meta.url);
const IMPORTED: Client = {
  name: "mine",
  contract: {},
  open: async () => await Promise.reject(new Error("it is never opened")),
};

const temporary = mkdtempSync(join(tmpdir(), "cutwire-library-"));
const usual = process.env["TMPDIR"];
beforeAll(() => {
  process.env["TMPDIR"] = temporary;
});
afterAll(() => {
  if (usual === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = usual;
  rmSync(temporary, { recursive: true });
});

function violatedIn(verdicts: readonly { readonly rule: string; readonly outcome: string }[]): readonly string[] {
  return verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule);
}

describe("runPlan", () => {
  it("runs a plan against a registered client, judges it, and leaves nothing behind", async () => {
    const sink = createMemoryHistorySink();
    const { verdicts, faults, record } = await runPlan(CUT.plan, { client: "planted:M11", sink });
    expect(violatedIn(verdicts)).toEqual(["INV-02", "INV-03"]);
    expect(faults).toMatchObject([{ id: "cut", state: "fired" }]);
    expect(decodeHistory(`${sink.lines.join("\n")}\n`, "memory")).toEqual(record.history);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each([
    ["its URL", OWN_CLIENT],
    ["a reference", { module: OWN_CLIENT.href }],
    ["a path", OWN_CLIENT.pathname],
  ])("takes a client by %s", async (_what, client) => {
    const { record } = await runPlan(planOf({}), { client, contract: { recoveryDeadlineMs: 50, idleDeadlineMs: 50 } });
    expect(record).toMatchObject({ clientName: "listener", contract: { recoveryDeadlineMs: 50 } });
  });

  it("does not keep a session waiting for a fault of all where another session is over without reaching it", async () => {
    const one = planOf({ turns: [BOOKING], faults: [cutAt("P6")] });
    const plan = {
      ...one,
      workload: { sessions: [{ turns: [BOOKING] }, { turns: [GREETING] }] },
      faults: one.faults.map((fault) => ({ ...fault, when: { ...fault.when, place: { session: "all" as const } } })),
    };
    const { verdicts, faults, record } = await runPlan(plan, { client: "reference" });
    expect(faults[0]?.state).toBe("missed");
    const ofHeld = record.history.filter(({ session }) => session === 0).map(({ kind }) => kind);
    expect(ofHeld.indexOf("fault-reached")).toBeGreaterThan(0);
    expect(ofHeld.indexOf("fault-missed")).toBeGreaterThan(ofHeld.indexOf("fault-reached"));
    expect(ofHeld.indexOf("fault-missed")).toBeLessThan(ofHeld.indexOf("turn-ended"));
    expect(violatedIn(verdicts)).toEqual([]);
    expect(verdicts.filter(({ outcome }) => outcome === "holds")).toEqual([]);
  });

  it("refuses an imported client, and says what to give instead", async () => {
    await expect(runPlan(CUT.plan, { client: IMPORTED })).rejects.toMatchObject({
      code: "HARNESS_INVALID_OPTION",
      message: expect.stringMatching(/"mine" was given as an object.*"embedded".*new URL\("\.\/my-client\.js"/),
    });
  });

  it("refuses a plan that is none, with every problem", async () => {
    const broken = { ...CUT.plan, seed: -1, limits: { ...CUT.plan.limits, runMs: 0 } };
    await expect(runPlan(broken, { client: "reference" })).rejects.toMatchObject({
      code: "HARNESS_INVALID_PLAN",
      message: expect.stringMatching(/^the plan is not a plan; 2 problems:\n {2}seed: .*\n {2}limits\.runMs: /),
    });
  });

  it.each([
    [{ client: "refrence" }, "HARNESS_UNKNOWN_NAME"],
    [{ client: "./gone.js" }, "HARNESS_UNREADABLE_FILE"],
    [{ client: "reference", backend: "cloud" }, "HARNESS_UNKNOWN_NAME"],
    [{ client: "reference", target: "moon" }, "HARNESS_UNKNOWN_NAME"],
    [{ client: "reference", contract: { recoveryDeadlineMs: -1 } }, "HARNESS_INVALID_CONTRACT"],
  ])("refuses %j", async (options, code) => {
    await expect(runPlan(CUT.plan, options)).rejects.toMatchObject({ code });
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("checkHistory", () => {
  it("judges a history again, by all checkers or by those given", async () => {
    const { record, verdicts } = await runPlan(CUT.plan, { client: "planted:M11" });
    const { plan, contract, history } = record;
    expect(checkHistory({ plan, contract, history })).toEqual(verdicts);
    const [first] = CHECKERS;
    expect(checkHistory({ plan, contract, history }, CHECKERS.slice(0, 1)).map(({ rule }) => rule)).toEqual([
      first?.rule,
    ]);
  });
});

describe("replay", () => {
  it("has a failure again, and says that it is fixed in another client", async () => {
    const { record, verdicts } = await runPlan(CUT.plan, { client: "planted:M11" });
    const reproduction: Reproduction = {
      formatVersion: 1,
      plan: CUT.plan,
      client: { name: "planted:M11" },
      contract: record.contract,
      backend: "embedded",
      verdicts: verdicts.filter(({ outcome }) => outcome === "violated"),
      versions: {},
    };
    const again = await replay(reproduction, { confirm: 1 });
    expect(again).toMatchObject({ outcome: "reproduced", runs: 2, counts: [{ violatedRuns: 2 }, { violatedRuns: 2 }] });
    expect(again.results).toHaveLength(2);
    expect(await replay(reproduction, { client: "reference", confirm: 0 })).toMatchObject({ outcome: "fixed" });
    await expect(replay(reproduction, { client: IMPORTED })).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
    await expect(replay({ ...reproduction, verdicts: [] })).rejects.toMatchObject({ code: "HARNESS_INVALID_PLAN" });
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("testClient", () => {
  it.each([
    { is: "an imported client", client: IMPORTED, code: "HARNESS_INVALID_OPTION" },
    { is: "an unknown client", client: "refrence", code: "HARNESS_UNKNOWN_NAME" },
    { is: "an unknown scenario", options: { scenarios: ["no-such"] }, code: "HARNESS_UNKNOWN_NAME" },
    { is: "a missing file of known findings", options: { known: "gone.json" }, code: "HARNESS_UNREADABLE_FILE" },
  ])("refuses $is before a test is declared", ({ client = "reference", options = {}, code }) => {
    expect(() => testClient(client, { scenarios: "all", ...options })).toThrow(expect.objectContaining({ code }));
  });
});
