import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { workplaceOf } from "./cutwire-command.test-support.ts";

const SCENARIO = "clock-set-back-in-backoff";
const SIMULATED = ["--backend", "simulation", "--confirm", "0", "--quiet"];
/** It ends its waits by the calendar. */
const BY_CALENDAR = fileURLToPath(new URL("clients/by-calendar.js", import.meta.url));

type Explored = { readonly summary: { readonly tally: { readonly plans: number; readonly faults: object } } };

describe("a wall clock that steps", () => {
  it.concurrent.for(["reference", "openai-responses-ws", "openai-agents"])(
    "harms nobody who goes by the monotonic one, wherever it strikes: %s",
    async (client, context) => {
      const place = workplaceOf(context);
      const args = ["explore", "--faults", "clock-step", "--runs", "60", "--unit-size", "60", "--jobs", "1", "--json"];
      const { code, stdout, stderr } = await place.run([...args, "--client", client, "--quiet"]);
      expect(stderr).toBe("");
      const { tally } = (JSON.parse(stdout) as Explored).summary;
      expect(tally).toMatchObject({ plans: 60, discarded: 0, faults: { failed: 0 } });
      expect(code).toBe(0);
    },
  );

  it.concurrent("in a backoff is no reason to wait longer: the reference client holds", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run(["run", SCENARIO, ...SIMULATED]);
    expect(stdout).toMatch(/^clock-set-back-in-backoff +as expected +\d+ hold +3 of 3 fired/m);
    expect(code).toBe(0);
  });

  it.concurrent(
    "makes a client that ends its waits by the calendar wait for an hour, and convicts it",
    async (context) => {
      const place = workplaceOf(context);
      const { code, stdout } = await place.run(["run", SCENARIO, "--client", BY_CALENDAR, ...SIMULATED]);
      expect(stdout).toContain("INV-23 recovers-or-reports: violated, 1 of 1 runs");
      expect(stdout).toContain("session 0: fault set-back applied");
      expect(code).toBe(1);
      // Where nobody touches the clock, that client keeps its promises.
      const calm = await place.run(["run", "cut-after-call-done", "--client", BY_CALENDAR, ...SIMULATED]);
      expect(calm.stdout).toContain("1 scenario: 1 as expected");
    },
  );

  it.concurrent(
    "is found by a search, shrunk, said to be impossible on real sockets, and replayed",
    async (context) => {
      const place = workplaceOf(context);
      const faults = ["--faults", "reject,clock-step,outage-clock-step", "--runs", "60", "--unit-size", "60"];
      const args = ["--client", BY_CALENDAR, "--shrink", "5s", "--out", "found", "--quiet"];
      const { code, stdout, stderr } = await place.run(["explore", ...faults, ...args]);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^INV-23 recovers-or-reports: violated by \d+ plans/m);
      expect(stdout).toMatch(
        /cannot be run on embedded, so nothing is said of it there: fault-\S+ \(clock-step\) needs step-clock of the/,
      );
      expect(stdout).not.toContain("not seen on embedded in 0 runs");
      expect(code).toBe(1);
      const [, file = ""] =
        /replay {2}npx cutwire replay (found\/findings\/INV-23-\w+\/reproduction\.json)/.exec(stdout) ?? [];
      const { plan } = JSON.parse(place.read(file)) as { plan: { faults: { fault: { kind: string } }[] } };
      expect(plan.faults.map(({ fault }) => fault.kind)).toContain("clock-step");
      expect(plan.faults.length).toBeLessThan(3);
      const replayed = await place.run(["replay", file, "--confirm", "0"]);
      expect(replayed.stdout).toContain("INV-23: violated in 1 of 1");
      expect(replayed.code).toBe(1);
      const real = await place.run(["replay", file, "--backend", "embedded"]);
      expect(real.stderr).toContain("(clock-step) needs step-clock of the backend");
      expect(real.code).toBe(3);
    },
  );

  it.concurrent(
    "is left out of the cells of a sweep that real sockets are to confirm, and they are counted",
    async (context) => {
      const place = workplaceOf(context);
      const args = ["sweep", "--faults", "clock-step,forget", "--confirm-cells", "2", "--shrink", "1s", "--quiet"];
      const { code, stdout } = await place.run(args);
      expect(stdout).toMatch(
        /^on embedded: 2 cells agree, 0 differ, in 0 nothing was struck; \d+ cannot be made there/m,
      );
      expect(code).toBe(0);
    },
  );
});
