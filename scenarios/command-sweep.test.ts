import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { workplaceOf } from "./cutwire-command.test-support.ts";

const QUICK = ["--confirm", "0", "--shrink", "1s", "--quiet"];

type Swept = {
  readonly map: readonly {
    readonly lane: string;
    readonly from: string;
    readonly outcome: string;
    readonly cells: number;
  }[];
  readonly confirmed?: { readonly agreed: number; readonly differing: readonly unknown[] };
};

describe("cutwire sweep", () => {
  it("maps where a planted bug shows, with the plan of the smallest witness", async (context) => {
    const place = workplaceOf(context);
    const args = ["sweep", "--client", "planted:M12", "--faults", "fin", "--every", "60", "--confirm-cells", "4"];
    const { code, stdout } = await place.run([...args, "--out", "swept", ...QUICK]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\d+ cells of a session of planted:M12 on simulation/);
    expect(stdout).toMatch(/byte 0, response\.created … byte \d+, \S+( #\d+)? \(\d+ cells\): holds/);
    expect(stdout).toMatch(/response\.function_call_arguments\.delta.*INV-05 violated; smallest witness \d+ events?/);
    expect(stdout).toContain("on embedded: 4 cells agree, 0 differ");
    const [, cell = ""] = /INV-05 violated; smallest witness \d+ events?, cell (\d+)/.exec(stdout) ?? [];
    const plan = join("swept", "cells", `cell-${cell}.json`);
    const again = await place.run([
      "run",
      plan,
      "--client",
      "planted:M12",
      "--confirm",
      "0",
      "--backend",
      "simulation",
    ]);
    expect(again.stdout).toContain("INV-05 said-before-run: violated");
  });

  it("sweeps each close code at each point of the reference client, which holds", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run(["sweep", "--faults", "close", "--json", ...QUICK]);
    const { map } = JSON.parse(stdout) as Swept;
    const codes = new Set(map.map(({ lane }) => lane));
    expect(codes.size).toBe(17);
    expect(map.filter(({ outcome }) => outcome === "violated")).toEqual([]);
    expect(code).toBe(0);
  });

  it("takes the session of a scenario, and can be shared and put together", async (context) => {
    const place = workplaceOf(context);
    const args = ["sweep", "fin-mid-text", "--faults", "rst", "--every", "100", "--unit-size", "20", ...QUICK];
    for (const shard of ["1/2", "2/2"]) {
      const { code } = await place.run([...args, "--shard", shard, "--out", `part-${shard.slice(0, 1)}`]);
      expect(code).toBe(0);
    }
    const merged = await place.run(["merge", "part-2", "part-1"]);
    expect(merged.stdout).toContain("cut at every 100th byte of the connection");
    expect(merged.stdout).toMatch(/rst to-client\n {4}byte 0, .* … byte \d+, .*: holds/);
    expect(merged.code).toBe(0);
  });

  it("refuses a session that does not work even undisturbed, and a second scenario", async (context) => {
    const place = workplaceOf(context);
    place.write(
      "idle.mjs",
      `export const client = { name: "idle", contract: {}, async open() {
        return { runTurn: async () => ({ outcome: "failed", cause: "I never try" }), close: async () => undefined };
      } };`,
    );
    const broken = await place.run(["sweep", "--client", "./idle.mjs", ...QUICK]);
    expect(broken.stderr).toContain("does not complete the session even when nothing disturbs it");
    expect(broken.code).toBe(3);
    expect((await place.run(["sweep", "one", "two"])).code).toBe(3);
  });
});

describe("cutwire herd", () => {
  it("shows a fleet that spreads, and one that does not", async (context) => {
    const place = workplaceOf(context);
    const good = await place.run(["herd"]);
    expect(good.stdout).toContain("20 clients (reference) cut at one instant, on simulation");
    expect(good.stdout).toMatch(/^ +\d+ ms █+ \d+$/m);
    expect(good.stdout).toMatch(/^peak \d+ dials in \d+ ms, mean \d+\.\d$/m);
    expect(good.stdout).toContain("INV-32 retries-spread: holds");
    expect(good.code).toBe(0);
    const bad = await place.run(["herd", "--client", "planted:M05"]);
    expect(bad.stdout).toContain("INV-32 retries-spread: violated");
    expect(bad.code).toBe(1);
  });

  it("is no fleet below twenty, and then decides nothing", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout, stderr } = await place.run(["herd", "--clients", "5", "--json"]);
    expect(stderr).toBe("5 clients on simulation: cut at one instant\n");
    expect((await place.run(["herd", "--clients", "5", "--json", "--quiet"])).stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 2, histogram: { dials: expect.any(Number) } });
    expect(code).toBe(2);
  });
});
