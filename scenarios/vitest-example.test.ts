import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROMISES } from "cutwire/properties";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openWorkplace, type Workplace } from "./cutwire-command.test-support.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

let place: Workplace;
beforeEach(() => {
  place = openWorkplace();
});
afterEach(async () => {
  await place.expectNothingLeft();
  place.remove();
});

/** A project that has cutwire and vitest installed, and nothing else of this repository. */
function openProject(): void {
  const modules = join(place.directory, "node_modules");
  const installed = join(modules, "cutwire");
  mkdirSync(installed, { recursive: true });
  for (const part of ["dist", "scenarios", "package.json"]) {
    cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  }
  for (const name of [...Object.keys(manifest.dependencies), "vitest"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "dir");
  }
}

type Assertion = { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] };

/** Runs the project's tests, as `npm test` there does. */
async function test(): Promise<{ readonly code: number | null; readonly tests: readonly Assertion[] }> {
  const main = join(place.directory, "node_modules/vitest/vitest.mjs");
  const { code, stderr } = await place.run(["run", "--reporter=json", "--outputFile=tests.json"], { main });
  expect(stderr).toBe("");
  const { testResults } = JSON.parse(place.read("tests.json")) as {
    readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
  };
  return { code, tests: testResults.flatMap(({ assertionResults }) => assertionResults) };
}

// Each starts vitest, which starts clients: on a loaded machine that takes its time.
describe("cutwire/vitest", { timeout: 300_000 }, () => {
  it("passes in the example's project, with a test for each scenario and each promise", async () => {
    cpSync(join(ROOT, "examples/vitest"), place.directory, { recursive: true, dereference: true });
    openProject();
    const { code, tests } = await test();
    expect(tests.map(({ title }) => title)).toEqual(
      expect.arrayContaining(["cut-after-call-done", ...PROMISES.map(({ name }) => name)]),
    );
    // The example's client sends its whole history each time, so one scenario has nothing to ask of it.
    const others = tests.filter(({ status }) => status !== "passed");
    expect(others).toMatchObject([{ title: "previous-response-refused", status: "skipped" }]);
    expect(code).toBe(0);
  });

  it("fails with the verdict, the witness in words, the advice, and the command that has it again", async () => {
    openProject();
    place.write("package.json", { type: "module" });
    const findings = [{ rule: "INV-02", scenario: "cut-after-call-done" }];
    place.write("known.json", { formatVersion: 1, findings });
    place.write(
      "bug.test.js",
      `import { testClient } from "cutwire/vitest";
       testClient("planted:M11", { scenarios: ["cut-after-call-done", "fin-mid-text"], confirm: 1 });
       testClient("planted:M11", { scenarios: ["cut-after-call-done"], known: "known.json", confirm: 0 });`,
    );
    const { code, tests } = await test();
    expect(code).toBe(1);
    expect(tests.map(({ title, status }) => `${title} ${status}`)).toEqual([
      "cut-after-call-done failed",
      "fin-mid-text passed",
      "cut-after-call-done failed",
    ]);
    const [message = ""] = tests[0]?.failureMessages ?? [];
    expect(message).toMatch(
      /^PromiseBroken: cut-after-call-done\n.*\n {2}INV-02 effect-not-repeated: violated, 2 of 2 runs\n {4}session 0: /,
    );
    expect(message).toMatch(/^ {6}\d+ at \d+ ms, session 0, book-seat: tool run 1 took effect$/m);
    expect(message).toMatch(/^ {4}advice: Either start tools only after response\.completed/m);
    const [, file] = /^ {2}replay {3}npx cutwire replay (\S+)$/m.exec(message) ?? [];
    expect((await place.run(["replay", file ?? "", "--confirm", "0"])).code).toBe(1);

    const [known = ""] = tests[2]?.failureMessages ?? [];
    expect(known).toContain("INV-02 effect-not-repeated: violated, 1 of 1 runs (known)\n");
    expect(known).toContain("INV-03 result-not-lost: violated, 1 of 1 runs\n");
  });

  it("fails where generated plans break a promise, with the smallest of them and the seed", async () => {
    openProject();
    place.write("package.json", { type: "module" });
    place.write(
      "promise.test.js",
      `import { testClient } from "cutwire/vitest";
       testClient("planted:M11", { properties: ["tool-effects-at-most-once"], runs: 100, seed: 2, confirm: 0 });`,
    );
    const { code, tests } = await test();
    expect(code).toBe(1);
    expect(tests.map(({ title, status }) => `${title} ${status}`)).toEqual(["tool-effects-at-most-once failed"]);
    const [message = ""] = tests[0]?.failureMessages ?? [];
    expect(message).toMatch(
      /^PromiseBroken: tool-effects-at-most-once\n {2}Whatever .*\n {2}INV-02 effect-not-repeated: violated, 1 of 1 runs\n/,
    );
    expect(message).toMatch(/^ {6}\d+ at \d+ ms, session 0, .*: tool run \d took effect$/m);
    expect(message).toMatch(/^ {4}advice: Either start tools only after response\.completed/m);
    expect(message).toMatch(/^ {2}fault {4}\{"kind":".*\} at P\d+, occurrence \d+$/m);
    expect(message).toMatch(/^ {2}again {4}CUTWIRE_SEED=2$/m);
    const [, file] = /^ {2}replay {3}npx cutwire replay (\S+)$/m.exec(message) ?? [];
    expect((await place.run(["replay", file ?? "", "--confirm", "0"])).code).toBe(1);
  });

  it("tells the seed of plans that broke nothing, and has those of CUTWIRE_SEED again", async () => {
    openProject();
    place.write("package.json", { type: "module" });
    place.write(
      "seed.test.js",
      `import { testClient } from "cutwire/vitest";
       testClient("reference", { properties: ["no-result-lost"], runs: 2 });`,
    );
    const main = join(place.directory, "node_modules/vitest/vitest.mjs");
    const { code, stdout } = await place.run(["run"], { main, env: { CUTWIRE_SEED: "42" } });
    expect(code).toBe(0);
    expect(stdout).toContain("no-result-lost: kept with seed 42; 2 runs, ");
  });

  it("fails where a scenario stays undecided", async () => {
    openProject();
    place.write("package.json", { type: "module" });
    const { plan } = JSON.parse(readFileSync(join(ROOT, "scenarios/fin-mid-text.json"), "utf8")) as {
      readonly plan: { readonly faults: readonly object[] };
    };
    const late = { place: { session: 0 }, at: { kind: "point", point: "P8", occurrence: 1 } };
    place.write("late.json", { ...plan, faults: [{ ...plan.faults[0], when: late }] });
    place.write(
      "late.test.js",
      'import { testClient } from "cutwire/vitest"; testClient("reference", { scenarios: ["./late.json"] });',
    );
    const { code, tests } = await test();
    expect(code).toBe(1);
    expect(tests[0]?.failureMessages[0]).toMatch(/^Undecided: late\n.*\n {2}fault cut missed: /);
  });
});
