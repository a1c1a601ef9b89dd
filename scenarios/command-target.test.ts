import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAULT_CATALOGUE, runPlan, type Scenario } from "cutwire";
import { testClient } from "cutwire/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  openWorkplace,
  planOf,
  type RunningCommand,
  waitUntil,
  type Workplace,
  workplaceOf,
} from "./cutwire-command.test-support.ts";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const SERVER = join(FOLDER, "servers/second-server.js");

/** A process with the server that is not ours. */
type SecondServer = { readonly url: string; stop(): Promise<void> };

async function startServer(place: Workplace, env: Readonly<Record<string, string>> = {}): Promise<SecondServer> {
  const { child, finished }: RunningCommand = place.start([], { main: SERVER, env });
  let stdout = "";
  child.stdout?.on("data", (text: string) => (stdout += text));
  await waitUntil(() => stdout.endsWith("\n"), 10_000, "the second server listens");
  return {
    url: stdout.trim(),
    async stop() {
      child.kill("SIGTERM");
      expect(await finished).toMatchObject({ code: 0, stderr: "" });
    },
  };
}

const scenarios = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Scenario);
const ofServer = scenarios
  .filter(({ plan }) => plan.faults.some(({ fault }) => FAULT_CATALOGUE[fault.kind].appliedBy === "server"))
  .map(({ name }) => name);
/** The rules that take the arguments of a call for an operation of the script. */
const NEED_SCRIPT = ["INV-01", "INV-02", "INV-03"];

type Verdict = { readonly rule: string; readonly outcome: string; readonly message: string };
type Report = {
  readonly target: string;
  readonly exitCode: number;
  readonly scenarios: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly notExercised?: string;
    readonly verdicts: readonly Verdict[];
    readonly faults: readonly { readonly state: string }[];
  }[];
};

let home: Workplace;
let server: SecondServer;
beforeAll(async () => {
  home = openWorkplace();
  server = await startServer(home);
});
afterAll(async () => {
  await server.stop();
  await home.expectNothingLeft();
  home.remove();
});

describe("cutwire run --target ws://…, a server that is not ours", () => {
  it("raises no false alarm over the whole suite, and skips what the server would have to do itself", async (context) => {
    const place = workplaceOf(context);
    const run = await place.run(["run", "--target", server.url, "--jobs", "2", "--reporter", "json", "--quiet"]);
    const report = JSON.parse(run.stdout) as Report;
    const told = (wanted: (scenario: Report["scenarios"][number]) => boolean): readonly string[] =>
      report.scenarios.filter(wanted).map(({ name }) => name);
    expect(told(({ outcome }) => outcome !== "as-expected" && outcome !== "not-exercised")).toEqual([]);
    expect(report).toMatchObject({ target: server.url, exitCode: 0 });
    expect(run.code).toBe(0);
    expect(report.scenarios).toHaveLength(scenarios.length);
    expect(told(({ outcome }) => outcome === "not-exercised").toSorted()).toEqual(ofServer.toSorted());
    for (const { notExercised } of report.scenarios.filter(({ name }) => ofServer.includes(name))) {
      expect(notExercised).toMatch(/^not for this target: \S+ \([\w-]+\) needs target-[\w-]+ of the target$/);
    }
    expect(told(({ faults }) => faults.some(({ state }) => state !== "fired"))).toEqual([]);
    const verdicts = report.scenarios.flatMap(({ verdicts: own }) => own);
    const needy = verdicts.filter(({ rule }) => NEED_SCRIPT.includes(rule));
    expect(new Set(needy.map(({ outcome }) => outcome))).toEqual(new Set(["not-exercised"]));
    expect(needy[0]?.message).toBe(
      `the target ${server.url} brings its own model, and this rule needs the plan's script`,
    );
    // Tools ran there: otherwise nothing about calls would have been judged.
    expect(verdicts.filter(({ rule, outcome }) => rule === "INV-05" && outcome === "holds").length).toBeGreaterThan(10);
  });

  it.each([
    ["planted:M13", "close-1000-mid-text", "INV-22"],
    ["planted:M18", "close-1012-while-tool-runs", "INV-29"],
  ])("convicts %s in %s of %s, again in a replay, and not the reference client", async (client, scenario, rule) => {
    const place = openWorkplace();
    try {
      const args = ["run", scenario, "--client", client, "--target", server.url, "--confirm", "0", "--quiet"];
      const run = await place.run(args);
      expect(run.stdout).toMatch(new RegExp(`^ {2}${rule} [\\w-]+: violated`, "m"));
      expect(run.code).toBe(1);
      const [, file = ""] = /^ {2}replay {3}npx cutwire replay (\S+)$/m.exec(run.stdout) ?? [];
      expect(JSON.parse(place.read(file))).toMatchObject({ target: server.url, verdicts: [{ rule }] });
      const again = await place.run(["replay", file, "--confirm", "0"]);
      expect(again.stdout).toMatch(new RegExp(`^reproduced\\n {2}${rule}: violated in 1 of 1\\n`));
      expect(place.read(".cutwire/latest/run-0/history.jsonl")).toContain(`"target":"${server.url}"`);
      const fixed = await place.run(["replay", file, "--confirm", "0", "--client", "reference"]);
      expect(fixed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^fixed/) });
    } finally {
      await place.expectNothingLeft();
      place.remove();
    }
  });

  it("leaves a run that is judged the same without the server", async (context) => {
    const place = workplaceOf(context);
    const run = await place.run(["run", "cut-after-call-done", "--target", server.url, "--quiet"]);
    expect(run.code).toBe(0);
    const folder = ".cutwire/latest/cut-after-call-done";
    const { verdicts } = JSON.parse(place.read(join(folder, "result.json"))) as { verdicts: readonly Verdict[] };
    const checked = await place.run(["check", folder, "--json"]);
    expect(JSON.parse(checked.stdout)).toEqual(verdicts);
    expect(verdicts.filter(({ rule }) => NEED_SCRIPT.includes(rule)).map(({ outcome }) => outcome)).toEqual(
      NEED_SCRIPT.map(() => "not-exercised"),
    );
    expect(checked.code).toBe(0);
  });

  it("refuses a fault of the server by name where its scenario was asked for, and else has nothing to run", async (context) => {
    const place = workplaceOf(context);
    const named = await place.run(["run", "forgotten-session", "--target", server.url]);
    expect(named.stderr).toMatch(
      /forgotten-session":\n {2}restart \(forget\) needs target-forget of the target\n.*\n\(HARNESS_UNSUPPORTED_FAULT\)\n$/,
    );
    expect([named.code, place.strays()]).toEqual([3, []]);
    place.write("cutwire.config.json", { target: server.url, scenarios: ["forgotten-session"] });
    const suite = await place.run(["run", "--quiet"]);
    expect(suite.stdout).toContain("not exercised: not for this target: restart (forget) needs target-forget");
    expect(suite.code).toBe(2);
  });

  it.each([
    { is: "with TLS", target: "wss://127.0.0.1/v1", code: "HARNESS_INVALID_OPTION", says: "Put a proxy that ends TLS" },
    { is: "without ws://", target: "127.0.0.1:1/v1", code: "HARNESS_UNKNOWN_NAME", says: "given by its URL, as ws://" },
    {
      is: "at a wrong path",
      target: "/v2",
      code: "HARNESS_BACKEND_UNAVAILABLE",
      says: "answered the upgrade with 404",
    },
  ])("refuses a target $is", async ({ target, code, says }) => {
    const place = openWorkplace();
    const url = target.startsWith("/") ? new URL(target, server.url).href : target;
    const { code: exitCode, stderr } = await place.run(["run", "fin-mid-text", "--quiet", "--target", url]);
    expect(stderr).toContain(says);
    expect(stderr).toContain(`(${code})`);
    expect(exitCode).toBe(3);
    await place.expectNothingLeft();
    place.remove();
  });
});

describe("a server with a path and a key of its own", () => {
  it("is reached with the key in the environment, which no file of the run tells", async (context) => {
    const place = workplaceOf(context);
    const key = "marker-of-the-key-7d31";
    const closed = await startServer(home, { BASE: "/openai", KEY: key });
    try {
      place.write("cutwire.config.json", { target: closed.url, scenarios: ["cut-after-call-done"] });
      const without = await place.run(["run", "--quiet"]);
      expect(without.stderr).toContain("CUTWIRE_API_KEY");
      expect(without.code).toBe(3);
      const run = await place.run(["run", "--quiet"], { env: { CUTWIRE_API_KEY: key } });
      expect(run.stdout).toMatch(/^cut-after-call-done +as expected/m);
      const folder = join(place.directory, ".cutwire");
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files.length).toBeGreaterThan(3);
      const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
      expect(texts.filter((text) => text.includes(key))).toEqual([]);
      expect(texts.some((text) => text.includes('"path":"/openai/responses"'))).toBe(true);
    } finally {
      await closed.stop();
    }
  });
});

describe("a target of one's own in the library", () => {
  it("is an option of runPlan, and written into the history", async () => {
    const { verdicts, record } = await runPlan(planOf({}), { client: "reference", target: server.url });
    expect(record.history[0]).toMatchObject({ kind: "run-started", target: server.url, scripted: false });
    expect(verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown")).toEqual([]);
  });

  it("is an option of testClient, which refuses before a test is declared what was named and cannot be run", () => {
    const options = { scenarios: ["forgotten-session"], target: server.url };
    expect(() => testClient("reference", options)).toThrow(
      expect.objectContaining({ code: "HARNESS_UNSUPPORTED_FAULT" }),
    );
    expect(() => testClient("reference", { scenarios: "all", target: "wss://127.0.0.1/v1" })).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION" }),
    );
  });
});
