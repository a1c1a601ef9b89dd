import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openWorkplace, planOf, type Workplace } from "./cutwire-command.test-support.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

let place: Workplace;
beforeEach(() => {
  place = openWorkplace();
});
afterEach(async () => {
  await place.expectNothingLeft();
  place.remove();
});

/** A client with a name of its own that does nothing but fail its turns. */
const CLIENT = `export const client = {
  name: "mine",
  contract: {},
  open: async () => ({ runTurn: async () => ({ outcome: "failed", cause: "not today" }), close: async () => {} }),
};`;

type Report = {
  readonly client: string;
  readonly scenarios: readonly {
    readonly name: string;
    readonly verdicts: readonly { readonly rule: string; readonly judgement: string }[];
  }[];
};

describe("cutwire.config", () => {
  it("names client, contract, scenarios, reporters and known findings, and the command line wins", async () => {
    place.write("mine.mjs", CLIENT);
    place.write("plans/own.json", planOf({}));
    place.write("known.json", { formatVersion: 1, findings: [{ rule: "INV-24", scenario: "own", issue: "#7" }] });
    place.write(
      "cutwire.config.ts",
      `export default {
        clients: { mine: "./mine.mjs" },
        client: "mine" as string,
        contracts: { mine: { recoveryDeadlineMs: 1234 } },
        scenarios: ["./plans/own.json"],
        reporters: ["json", "junit=results.xml"],
        known: "known.json",
        confirm: 0,
        out: "runs",
      };`,
    );
    const { code, stdout } = await place.run(["run", "--quiet"]);
    const report = JSON.parse(stdout) as Report;
    expect(report.client).toBe("mine");
    expect(report.scenarios.map(({ name }) => name)).toEqual(["own"]);
    const verdicts = report.scenarios[0]?.verdicts ?? [];
    expect(verdicts.filter(({ judgement }) => judgement === "known-violation").map(({ rule }) => rule)).toEqual([
      "INV-24",
    ]);
    expect(JSON.parse(place.read("runs/latest/own/result.json"))).toMatchObject({
      contract: { recoveryDeadlineMs: 1234 },
    });
    expect(place.read("results.xml")).toContain('<testcase name="own"');
    expect(code).toBe(0);

    const args = ["run", "fin-mid-text", "--client", "reference", "--reporter", "console", "--out", "other", "--quiet"];
    const given = await place.run(args);
    expect(given.stdout).toMatch(/^reference against reference on embedded\n/);
    expect(given.stdout).toMatch(/^fin-mid-text +as expected/m);
    expect(given.code).toBe(0);
    expect(place.strays().toSorted()).toEqual(["other", "results.xml", "runs"]);
  });

  it("may use the package's defineConfig, and its clients are known to replay", async () => {
    const installed = join(place.directory, "node_modules/cutwire");
    mkdirSync(installed, { recursive: true });
    for (const part of ["dist", "package.json"]) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(installed, "node_modules"), "dir");
    place.write("package.json", { type: "module" });
    place.write("mine.js", CLIENT);
    place.write("plan.json", planOf({}));
    place.write(
      "cutwire.config.ts",
      `import { defineConfig } from "cutwire";
       export default defineConfig({ clients: { mine: "./mine.js" }, client: "mine", confirm: 0 });`,
    );
    const { code, stdout } = await place.run(["run", "plan.json", "--quiet"]);
    expect(stdout).toMatch(/^mine against reference on embedded\n/);
    expect(code).toBe(1);
    const [, file = ""] = /^ {2}replay {3}npx cutwire replay (\S+)$/m.exec(stdout) ?? [];
    const again = await place.run(["replay", file]);
    expect(again.stdout).toMatch(/^reproduced\n {2}INV-24: violated in 1 of 1\n/);
    expect(again.code).toBe(1);
  });

  it("is refused before anything runs where it is wrong, with every problem", async () => {
    place.write("cutwire.config.json", { clients: { mine: 1 }, jobs: 0 });
    const { code, stderr } = await place.run(["run"]);
    expect(stderr).toMatch(
      /^cutwire\.config\.json is not a configuration; 2 problems:\n {2}clients\.mine: .*\n {2}jobs: .*\n\(HARNESS_INVALID_CONFIGURATION\)\n$/,
    );
    expect(code).toBe(3);
    expect(place.strays()).toEqual([]);
  });
});
