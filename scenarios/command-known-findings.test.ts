import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openWorkplace, type Workplace } from "./cutwire-command.test-support.ts";

/** A client with a known bug, in the scenario that shows it, run once. */
const RUN = ["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0"];

let place: Workplace;
beforeEach(() => {
  place = openWorkplace();
});
afterEach(async () => {
  await place.expectNothingLeft();
  place.remove();
});

type Violation = { readonly rule: string; readonly shape: readonly string[]; readonly witness: readonly string[] };

function violations(): readonly Violation[] {
  const report = JSON.parse(place.read(".cutwire/latest/report.json")) as {
    readonly scenarios: readonly { readonly verdicts: readonly (Violation & { readonly outcome: string })[] }[];
  };
  return report.scenarios.flatMap(({ verdicts }) => verdicts.filter(({ outcome }) => outcome === "violated"));
}

function writeKnown(findings: readonly object[]): void {
  place.write("known-findings.json", { formatVersion: 1, findings });
}

describe("known findings", () => {
  it("let a suite with known defects pass, by scenario and by the shape that the report told", async () => {
    const first = await place.run([...RUN, "--quiet"]);
    expect(first.code).toBe(1);
    const found = violations();
    expect(found.map(({ rule }) => rule)).toEqual(["INV-02", "INV-03"]);
    for (const { shape, witness } of found) expect(shape).toHaveLength(witness.length);

    const [byScenario, byShape] = found;
    writeKnown([
      { rule: byScenario?.rule, scenario: "cut-after-call-done", issue: "#12" },
      { rule: byShape?.rule, witness: byShape?.shape, why: "the same bug" },
    ]);
    const known = await place.run([...RUN, "--quiet", "--known", "known-findings.json"]);
    expect(known.stdout).toMatch(/^cut-after-call-done +as expected +\d+ hold, 2 known +1 of 1 fired/m);
    expect(known.stdout).toMatch(/^ {2}INV-02 effect-not-repeated: violated, 1 of 1 runs \(known: #12\)$/m);
    expect(known.stdout).toMatch(/^ {2}INV-03 result-not-lost: violated, 1 of 1 runs \(known: the same bug\)$/m);
    expect(known.code).toBe(0);
  });

  it("do not hide another violation", async () => {
    writeKnown([{ rule: "INV-02", scenario: "cut-after-call-done" }]);
    const { code, stdout } = await place.run([...RUN, "--quiet", "--known", "known-findings.json"]);
    expect(stdout).toMatch(/^cut-after-call-done +violated +\d+ hold, 1 violated, 1 known/m);
    expect(stdout).toContain("INV-03 result-not-lost: violated, 1 of 1 runs\n");
    expect(code).toBe(1);
  });

  it("are said to be gone where the client is repaired", async () => {
    writeKnown([
      { rule: "INV-02", scenario: "cut-after-call-done", issue: "#12" },
      { rule: "INV-02", scenario: "fin-mid-text" },
    ]);
    const args = ["run", "cut-after-call-done", "--quiet", "--known", "known-findings.json"];
    const { code, stdout } = await place.run(args);
    expect(stdout).toContain(
      "INV-02 is no longer violated in cut-after-call-done (known: #12): take it out of the known findings\n",
    );
    expect(stdout).not.toContain("fin-mid-text");
    expect(code).toBe(0);
  });

  it("are refused before anything runs where their file is wrong", async () => {
    writeKnown([{ rule: "INV-02" }]);
    const { code, stderr } = await place.run(["run", "--known", "known-findings.json"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /^known-findings\.json is not a list of known findings; one problem:\n {2}findings\[0\]: say where it is known.*\n\(HARNESS_INVALID_CONFIGURATION\)\n$/,
      ),
    });
    expect(place.strays()).toEqual([]);
  });
});

describe("reports for CI", () => {
  it("are JUnit in a file and annotations on the output, of one run", async () => {
    const reporters = ["--reporter", "junit=results.xml", "--reporter", "github"];
    const { code, stdout } = await place.run([...RUN, "fin-mid-text", "--quiet", ...reporters]);
    expect(stdout).toMatch(
      /^::error title=cut-after-call-done%3A INV-02 violated::.*%0Areplay: npx cutwire replay .*\n::error title=cut-after-call-done%3A INV-03 violated::.*\n$/,
    );
    const xml = place.read("results.xml");
    expect(xml).toContain('<testsuite name="planted:M11 against reference on embedded" tests="2" failures="1"');
    expect(xml).toMatch(
      /<testcase name="cut-after-call-done" .*>\n +<failure type="violated" message="INV-02 violated: /,
    );
    expect(xml).toMatch(/<testcase name="fin-mid-text" [^>]*\/>/);
    expect(code).toBe(1);
  });
});

describe("cutwire run --verbose", () => {
  it("tells of every run, with all its rules and faults", async () => {
    const args = ["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "1", "--verbose"];
    const { stderr } = await place.run(args);
    expect(stderr).toMatch(/^cut-after-call-done: run started\ncut-after-call-done: run ended\n {2}fault cut fired\n/);
    expect(stderr).toMatch(/^ {2}INV-01 call-runs-once: holds: /m);
    expect(stderr).toMatch(/^cut-after-call-done\/confirm-1: run ended$/m);
  });
});
