import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Expectation, Scenario } from "cutwire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { BOOKING, cutAt, openWorkplace, planOf, type Workplace } from "./cutwire-command.test-support.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

let place: Workplace;
beforeEach(() => {
  place = openWorkplace();
});
afterEach(async () => {
  await place.expectNothingLeft();
  place.remove();
});

const OWN: Scenario = {
  formatVersion: 1,
  name: "own",
  why: "A tool call is delivered, and its response is cut off.",
  plan: planOf({ turns: [BOOKING], faults: [cutAt("P6")] }),
  expect: [
    { rule: "INV-01", outcome: "holds", issue: "#1" },
    { rule: "INV-02", outcome: "holds" },
  ],
};

function expectations(): readonly Expectation[] {
  return (JSON.parse(place.read("own.json")) as Scenario).expect ?? [];
}

describe("cutwire accept", () => {
  it("writes what is seen into the scenario, shows the change, and the suite passes from then on", async () => {
    place.write("own.json", OWN);
    const accepted = await place.run(["accept", "own.json", "--client", "planted:M11", "--confirm", "0"]);
    expect(accepted.stdout).toMatch(
      /^own\.json: what is expected, with planted:M11\n {2}INV-02: holds → violated\n {2}INV-03: nothing → violated\n( {2}[A-Z].*\n)* {2}INV-22: nothing → holds\n/,
    );
    expect(accepted.code).toBe(0);
    expect(expectations().slice(0, 3)).toEqual([
      { rule: "INV-01", outcome: "holds", issue: "#1" },
      { rule: "INV-02", outcome: "violated" },
      { rule: "INV-03", outcome: "violated" },
    ]);
    const written = JSON.parse(place.read("own.json")) as Scenario;
    expect({ ...written, expect: OWN.expect }).toEqual({ ...OWN, client: { name: "planted:M11" } });

    expect((await place.run(["run", "own.json", "--client", "planted:M11", "--quiet"])).code).toBe(0);
    const repaired = await place.run(["run", "own.json", "--quiet"]);
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringMatching(/^own +as expected/m) });

    const again = await place.run(["accept", "own.json", "--confirm", "0"]);
    expect(again.stdout).toBe("own.json: as expected already, with planted:M11\n");
  });

  it("writes nothing where a fault did not fire", async () => {
    const text = `${JSON.stringify({ ...OWN, plan: planOf({ faults: [cutAt("P8")] }) })}\n`;
    place.write("own.json", text);
    const { code, stdout } = await place.run(["accept", "own.json", "--confirm", "0"]);
    expect(stdout).toMatch(/^undecided: fault cut missed: .*; nothing was written\n$/);
    expect(code).toBe(2);
    expect(place.read("own.json")).toBe(text);
  });

  it("refuses a plan alone, a scenario that is not there, and none at all", async () => {
    place.write("plan.json", planOf({}));
    const refusals = [["plan.json"], ["no-such"], []].map(async (args) => await place.run(["accept", ...args]));
    const [plan, missing, none] = await Promise.all(refusals);
    expect(plan).toMatchObject({ code: 3, stderr: expect.stringMatching(/holds a plan, and only a scenario has/) });
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringMatching(/no scenario named "no-such"/) });
    expect(none).toMatchObject({ code: 3, stderr: expect.stringMatching(/cutwire accept NAME/) });
    expect(place.strays()).toEqual([]);
  });

  it("refuses to write into an installed package", async () => {
    const installed = join(place.directory, "node_modules/cutwire");
    mkdirSync(installed, { recursive: true });
    for (const part of ["dist", "scenarios", "package.json"]) {
      cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(installed, "node_modules"), "dir");
    const main = join(installed, "dist/cli/main.js");
    const { code, stderr } = await place.run(["accept", "fin-mid-text"], { main });
    expect(stderr).toMatch(/^"fin-mid-text" comes with the package\. Copy .*fin-mid-text\.json into your project/);
    expect(code).toBe(3);
  });
});

describe("cutwire check", () => {
  it("judges a stored run again and comes to the same, or says what has changed", async () => {
    await place.run(["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0", "--quiet"]);
    const folder = ".cutwire/latest/cut-after-call-done";
    const same = await place.run(["check", folder]);
    expect(same.stdout).toMatch(/^INV-01 call-runs-once: holds\nINV-02 effect-not-repeated: violated\n {2}session 0: /);
    expect(same.stdout).not.toContain("(was:");
    expect(same.code).toBe(1);

    const json = await place.run(["check", folder, "--json"]);
    const stored = JSON.parse(place.read(`${folder}/result.json`)) as { readonly verdicts: readonly object[] };
    expect(JSON.parse(json.stdout)).toEqual(stored.verdicts);

    const older = stored.verdicts.map((verdict) => ({ ...verdict, outcome: "holds" }));
    place.write(`${folder}/result.json`, { ...stored, verdicts: older });
    const changed = await place.run(["check", folder]);
    expect(changed.stdout).toMatch(/^INV-02 effect-not-repeated: violated \(was: holds\)$/m);
  });

  it("ends with 0 for a run that went well, and refuses what is no run", async () => {
    await place.run(["run", "fin-mid-text", "--quiet"]);
    expect((await place.run(["check", ".cutwire/latest/fin-mid-text"])).code).toBe(0);
    const refused = await place.run(["check", ".cutwire/latest"]);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^\.cutwire\/latest\/plan\.json cannot be read: there is no such file/),
    });
  });
});

describe("cutwire list", () => {
  it.each([
    { what: "scenarios", says: /^cut-after-call-done +The connection ends between/m },
    { what: "clients", says: /^planted:M11 +file:/m },
    { what: "faults", says: /^cut +Ends one connection/m },
    { what: "checkers", says: /^INV-02 +effect-not-repeated: /m },
    { what: "points", says: /^P6 +output_item\.done of a function call$/m },
  ])("tells the $what, for people and as JSON", async ({ what, says }) => {
    const text = await place.run(["list", what]);
    expect(text.stdout).toMatch(says);
    expect(text.stdout.split("\n").every((line) => line.length <= 120 || line.includes("file:"))).toBe(true);
    const json = await place.run(["list", what, "--json"]);
    const entries = JSON.parse(json.stdout) as readonly { readonly name: string; readonly text: string }[];
    expect(entries.map(({ name }) => name).filter((name) => !text.stdout.includes(name))).toEqual([]);
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(place.strays()).toEqual([]);
  });

  it("tells every scenario of the package, the parameters of faults, and the clients of the project", async () => {
    const scenarios = await place.run(["list", "scenarios", "--json"]);
    const files = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".json"));
    expect(JSON.parse(scenarios.stdout)).toHaveLength(files.length);
    const faults = await place.run(["list", "faults", "--json"]);
    const cut = (JSON.parse(faults.stdout) as readonly { readonly name: string }[]).find(({ name }) => name === "cut");
    expect(cut).toMatchObject({ parameters: { properties: { mode: { enum: expect.arrayContaining(["fin"]) } } } });
    place.write("cutwire.config.json", { clients: { agent: "./agent.js" } });
    expect((await place.run(["list", "clients"])).stdout).toContain(`file://${place.directory}/agent.js`);
  });

  it("says what can be listed where that is not clear", async () => {
    const { code, stderr } = await place.run(["list", "flauts"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: "Say what to list: scenarios, clients, faults, checkers, points.\n(HARNESS_INVALID_OPTION)\n",
    });
  });

  it.each(["accept", "check", "list"])("teaches cutwire %s with --help", async (command) => {
    const { code, stdout } = await place.run([command, "--help"]);
    expect(stdout).toMatch(new RegExp(`^cutwire ${command} .*\\nExamples\\n  npx cutwire ${command} `, "s"));
    expect(code).toBe(0);
    expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`cutwire ${command}`);
  });
});
