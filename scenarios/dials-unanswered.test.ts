import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { workplaceOf } from "./cutwire-command.test-support.ts";

const SCENARIO = "dials-unanswered";
const SIMULATED = ["--backend", "simulation", "--confirm", "0", "--quiet"];
/** It leaves the end of a dial to the kernel. */
const PATIENT_DIALLER = fileURLToPath(new URL("clients/patient-dialler.js", import.meta.url));

type Explored = {
  readonly summary: { readonly findings: readonly unknown[]; readonly tally: { readonly faults: { fired: number } } };
};

describe("dials that nobody answers", () => {
  it.concurrent("end by a deadline of the client's own: the reference client holds", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run(["run", SCENARIO, ...SIMULATED]);
    expect(stdout).toMatch(/^dials-unanswered +as expected +\d+ hold +1 of 1 fired/m);
    expect(code).toBe(0);
    const args = ["explore", "--faults", "unanswered,blackhole,close,reject", "--runs", "150", "--unit-size", "75"];
    const explored = JSON.parse((await place.run([...args, "--json", "--quiet"])).stdout) as Explored;
    expect(explored.summary.findings).toEqual([]);
    expect(explored.summary.tally.faults.fired).toBeGreaterThan(100);
  });

  it.concurrent(
    "convict a client that leaves their end to the kernel, and one that dials for ever",
    async (context) => {
      const place = workplaceOf(context);
      const patient = await place.run(["run", SCENARIO, "--client", PATIENT_DIALLER, ...SIMULATED]);
      expect(patient.stdout).toContain("INV-23 recovers-or-reports: violated");
      expect(patient.stdout).toContain("INV-25 every-wait-ends: violated");
      expect(patient.stdout).toMatch(/session 0: a dial got no answer, and nothing followed for 3\d\d\d ms/);
      expect(patient.code).toBe(1);
      const endless = await place.run(["run", SCENARIO, "--client", "planted:M07", ...SIMULATED]);
      expect(endless.stdout).toContain("INV-34 retries-are-bounded: violated");
      expect(endless.stdout).toMatch(
        /session 0: \d+ dials in a row got no answer in one turn, and 9 are promised at most/,
      );
      expect(endless.code).toBe(1);
    },
  );

  it.concurrent("are found by a search, shrunk to one fault, and replayed where they can be made", async (context) => {
    const place = workplaceOf(context);
    const args = ["explore", "--faults", "unanswered", "--runs", "30", "--unit-size", "30", "--shrink", "5s"];
    const { stdout, code } = await place.run([...args, "--client", PATIENT_DIALLER, "--out", "found", "--quiet"]);
    expect(stdout).toMatch(/^INV-25 every-wait-ends: violated by \d+ plans/m);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      "cannot be run on embedded, so nothing is said of it there: fault-0 (refuse) needs ignore-dial of the backend",
    );
    expect(code).toBe(1);
    const [, file = ""] = /(found\/findings\/INV-25-\w+\/reproduction\.json)/.exec(stdout) ?? [];
    const { plan } = JSON.parse(place.read(file)) as { plan: { faults: { fault: object }[] } };
    expect(plan.faults.map(({ fault }) => fault)).toEqual([{ kind: "refuse", how: "unanswered" }]);
    const replayed = await place.run(["replay", file, "--confirm", "0"]);
    expect(replayed.stdout).toContain("INV-25: violated in 1 of 1");
    expect(replayed.code).toBe(1);
    const real = await place.run(["run", SCENARIO]);
    expect(real.stderr).toContain("gone (refuse) needs ignore-dial of the backend");
    expect(real.code).toBe(3);
  });
});
