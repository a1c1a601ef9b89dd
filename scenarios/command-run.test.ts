import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeHistory } from "cutwire";
import { describe, expect, it } from "vitest";

import { BOOKING, cutAt, workplaceOf, planOf, type Workplace } from "./cutwire-command.test-support.ts";

const SCENARIOS = readdirSync(fileURLToPath(new URL("./", import.meta.url)))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -".json".length));

type Report = {
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly scenarios: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly directory: string;
    readonly replayCommand?: string;
    readonly verdicts: readonly { readonly rule: string; readonly outcome: string; readonly evidence: number[] }[];
  }[];
};

function reportIn(place: Workplace, folder: string): Report {
  return JSON.parse(place.read(join(folder, "latest", "report.json"))) as Report;
}

function violatedIn(report: Report): readonly string[] {
  return report.scenarios.flatMap(({ verdicts }) =>
    verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule),
  );
}

describe("cutwire run", () => {
  it.concurrent(
    "runs every scenario against the reference client, ends with a table of them, and exits 0",
    async (context) => {
      const place = workplaceOf(context);
      const { code, stdout, stderr } = await place.run(["run"]);
      expect(stdout).toMatch(/^reference against reference on embedded\n\nscenario +outcome +rules +faults +time\n/);
      for (const name of SCENARIOS) {
        expect(stdout).toMatch(new RegExp(`^${name} +as expected +\\d+ hold +(\\d+) of \\1 fired +\\d+\\.\\d s$`, "m"));
      }
      expect(stdout).toMatch(new RegExp(`\n${SCENARIOS.length} scenarios: ${SCENARIOS.length} as expected in .* s\n$`));
      expect(stderr.trim().split("\n")).toHaveLength(SCENARIOS.length);
      expect(code).toBe(0);
      expect(place.strays()).toEqual([".cutwire"]);
      expect(reportIn(place, ".cutwire")).toMatchObject({ exitCode: 0, interrupted: false });
    },
  );

  it.concurrent("prints the report as JSON alone, and stores the same", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run(["run", "fin-mid-text", "--reporter", "json", "--out", "results"]);
    expect(JSON.parse(stdout)).toEqual(reportIn(place, "results"));
    expect(reportIn(place, "results").scenarios.map(({ name }) => name)).toEqual(["fin-mid-text"]);
    expect(code).toBe(0);
    expect(place.strays()).toEqual(["results"]);
  });

  it.concurrent(
    "writes a report to a file, beside another one on the terminal, and keeps quiet about its progress",
    async (context) => {
      const place = workplaceOf(context);
      const reporters = ["--reporter", "json=report=1.json", "--reporter", "console"];
      const { code, stdout, stderr } = await place.run(["run", "fin-mid-text", "--quiet", ...reporters]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("1 scenario: 1 as expected");
      expect(place.read("report=1.json")).toBe(place.read(".cutwire/latest/report.json"));
      expect(place.strays()).toEqual([".cutwire", "report=1.json"]);
    },
  );

  it.concurrent("prints nothing where every report goes to a file", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run(["run", "fin-mid-text", "--reporter", "json=r.json"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });

  it.concurrent("keeps its results where nobody reads its output any more", async (context) => {
    const place = workplaceOf(context);
    const running = place.start(["run", "fin-mid-text"]);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    expect((await running.finished).code).toBe(0);
    expect(reportIn(place, ".cutwire").scenarios.map(({ outcome }) => outcome)).toEqual(["as-expected"]);
  });

  it.concurrent("can be run several times at once in the same folder", async (context) => {
    const place = workplaceOf(context);
    const commands = Array.from({ length: 4 }, async () => await place.run(["run", "fin-mid-text", "--quiet"]));
    expect((await Promise.all(commands)).map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array.from({ length: 4 }, () => ({ code: 0, stderr: "" })),
    );
    expect(readdirSync(join(place.directory, ".cutwire"))).toHaveLength(5);
  });

  it.concurrent(
    "runs eight sessions of one plan side by side, each with its own cut, with and without latency",
    async (context) => {
      const place = workplaceOf(context);
      const one = planOf({ turns: [BOOKING] });
      const cuts = Array.from({ length: 8 }, (_, session) => ({
        ...cutAt("P6"),
        id: `cut-${session}`,
        when: { ...cutAt("P6").when, place: { session } },
      }));
      const slow = cuts.map((cut, session) => ({
        id: `slow-${session}`,
        fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 50, jitter: 0 } },
        when: { ...cut.when, at: { kind: "point", point: "P0", occurrence: 1 } },
        heal: { kind: "never" },
      }));
      const workload = { sessions: Array.from({ length: 8 }, () => ({ turns: [BOOKING] })) };
      place.write("plain.json", { ...one, workload, faults: cuts });
      place.write("latency.json", { ...one, workload, faults: [...slow, ...cuts] });
      const { code, stdout } = await place.run(["run", "plain.json", "latency.json"]);
      expect(stdout).toMatch(/^plain +as expected +\d+ hold +8 of 8 fired/m);
      expect(stdout).toMatch(/^latency +as expected +\d+ hold +16 of 16 fired/m);
      expect(code).toBe(0);
    },
  );

  it.concurrent.for([
    { fault: cutAt("P8"), where: "a tool that no session calls", why: "the run ended before its anchor was reached" },
    {
      fault: {
        ...cutAt("P12"),
        when: {
          place: { session: 0 },
          at: {
            kind: "event",
            direction: "to-client",
            type: "response.refusal.delta",
            occurrence: 1,
            edge: "after",
          },
        },
      } as const,
      where: "an event that never comes",
      why: "the run ended before its anchor was reached",
    },
  ])("is undecided, exit 2, where the fault waits for $where", async ({ fault, why }, context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({ faults: [fault] }));
    const { code, stdout } = await place.run(["run", "plan.json"]);
    expect(stdout).toMatch(/^plan +undecided +\d hold, \d unknown +0 of 1 fired/m);
    expect(stdout).toContain(`fault cut missed: ${why}`);
    expect(code).toBe(2);
    const { verdicts } = reportIn(place, ".cutwire").scenarios[0] ?? { verdicts: [] };
    expect(verdicts.map(({ outcome }) => outcome)).not.toContain("holds");
  });
});

describe("a client with a planted bug", () => {
  it.concurrent.for([
    { client: "planted:M11", scenario: "cut-after-call-done", rule: "INV-02", again: 1 },
    { client: "planted:M09", scenario: "close-1012-while-tool-runs", rule: "INV-03", again: 0 },
  ])(
    "$client is convicted of $rule, and the printed command has it again",
    async ({ client, scenario, rule, again: times }, context) => {
      const place = workplaceOf(context);
      const { code, stdout } = await place.run(["run", scenario, "--client", client, "--confirm", `${times}`]);
      const runs = times + 1;
      expect(stdout).toMatch(new RegExp(`^  ${rule} [a-z-]+: violated, ${runs} of ${runs} runs$`, "m"));
      expect(code).toBe(1);
      const report = reportIn(place, ".cutwire");
      expect(violatedIn(report)).toContain(rule);

      const directory = report.scenarios[0]?.directory ?? "";
      const history = decodeHistory(place.read(join(directory, "history.jsonl")), "history.jsonl");
      for (const { evidence, outcome } of report.scenarios[0]?.verdicts ?? []) {
        expect(evidence.every((sequence) => history[sequence]?.sequence === sequence)).toBe(true);
        expect(evidence.length > 0).toBe(outcome === "violated");
      }

      const command = /^ {2}replay {3}npx cutwire (.+)$/m.exec(stdout)?.[1]?.split(" ") ?? [];
      expect(command).toEqual(report.scenarios[0]?.replayCommand?.split(" ").slice(2));
      const again = await place.run([...command, "--confirm", "0"]);
      expect(again.stdout).toMatch(new RegExp(`^reproduced\n(  INV-\\d\\d: .*\n)*  ${rule}: violated in 1 of 1\n`));
      expect(again.code).toBe(1);

      const repaired = await place.run([...command, "--confirm", "1", "--client", "reference"]);
      expect(repaired.stdout).toMatch(/^fixed: not violated in any run, and every fault fired\n/);
      expect(repaired.code).toBe(0);
    },
  );

  it.concurrent(
    "leaves a command that can be pasted where the folder's name has blanks and quotes",
    async (context) => {
      const place = workplaceOf(context);
      const args = ["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0"];
      const { stdout } = await place.run([...args, "--out", "our 'own' $HOME results"]);
      const path = /^ {2}replay {3}npx cutwire replay (.+)$/m.exec(stdout)?.[1] ?? "";
      expect(path).toMatch(/^'our '\\''own'\\'' \$HOME results\/.*\/reproduction\.json'$/);
    },
  );
});

describe("cutwire without work", () => {
  it.concurrent.for([
    { args: ["--help"], code: 0, prints: /^cutwire COMMAND \[options\]\n.*\n {2}run .*\n {2}replay /s },
    { args: ["run", "--help"], code: 0, prints: /^cutwire run .*Examples\n.*Exit codes: 0 as expected/s },
    { args: ["replay", "--help"], code: 0, prints: /^cutwire replay FILE\n.*Exit codes: 1 reproduced/s },
    { args: ["--version"], code: 0, prints: /^\d+\.\d+\.\d+\n$/ },
    { args: [], code: 3, prints: /^cutwire COMMAND \[options\]\n/ },
  ])("answers $args at once", async ({ args, code, prints }, context) => {
    const place = workplaceOf(context);
    const finished = await place.run(args);
    expect(finished).toMatchObject({ code, stderr: "", stdout: expect.stringMatching(prints) });
    expect(place.strays()).toEqual([]);
  });
});
