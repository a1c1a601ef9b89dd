import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { isAlive, waitUntil, type Workplace, workplaceOf } from "./cutwire-command.test-support.ts";

/** A search that a loaded machine ends soon: cuts alone, few plans in small units. */
const SMALL = [
  "explore",
  "--faults",
  "fin,rst",
  "--runs",
  "40",
  "--unit-size",
  "5",
  "--shrink",
  "1s",
  "--confirm",
  "0",
];

const unitsOf = ({ directory }: Workplace, folder: string): readonly string[] => {
  const path = join(directory, folder, "units");
  return existsSync(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .toSorted()
    : [];
};
const contentOf = (place: Workplace, folder: string): readonly string[] =>
  unitsOf(place, folder).map((name) => place.read(join(folder, "units", name)));

/** JSON with sorted keys, as digests of units go over it. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

describe("cutwire explore", () => {
  it("finds nothing wrong with the reference client, and says what it struck", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout, stderr } = await place.run([...SMALL, "--quiet"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("40 plans of reference on simulation");
    expect(stdout).toMatch(/^faults {6}\d+ fired, \d+ missed, \d+ failed/m);
    expect(stdout).toMatch(/^places {6}\d+ of 14 struck/m);
    expect(stdout).toContain("nothing was violated");
    expect(code).toBe(0);
    expect(place.strays()).toEqual([".cutwire"]);
  });

  it("finds a planted bug, shrinks and confirms it, and stores what replays it", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run([...SMALL, "--client", "planted:M11", "--out", "found", "--quiet"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^INV-02 effect-not-repeated: violated by \d+ plans?/m);
    expect(stdout).toMatch(/confirmed on embedded: violated in 1 of 1 runs/);
    const [, file = ""] =
      /replay {2}npx cutwire replay (found\/findings\/INV-02-\w+\/reproduction\.json)/.exec(stdout) ?? [];
    const reproduction = JSON.parse(place.read(file)) as { plan: { faults: unknown[] }; backend: string };
    expect(reproduction.plan.faults).toHaveLength(1);
    expect(reproduction.backend).toBe("simulation");
    const replayed = await place.run(["replay", file, "--confirm", "0"]);
    expect(replayed.stdout).toContain("INV-02: violated in 1 of 1");
    expect(replayed.code).toBe(1);
  });

  it("fails nothing by what is known, and tells it all the same", async (context) => {
    const place = workplaceOf(context);
    // In one folder, so that what was run once is not run again.
    const client = ["--client", "planted:M11", "--out", "found", "--quiet"];
    await place.run([...SMALL, ...client, "--shard", "1/1"]);
    const { summary } = JSON.parse((await place.run(["merge", "found", "--json"])).stdout) as {
      summary: { findings: readonly { rule: string; shape: readonly string[] }[] };
    };
    expect(summary.findings).not.toEqual([]);
    place.write("known.json", {
      formatVersion: 1,
      findings: summary.findings.map(({ rule, shape }) => ({ rule, witness: shape, issue: "#7" })),
    });
    const again = await place.run([...SMALL, ...client, "--known", "known.json"]);
    expect(again.stdout).toContain("(known: #7)");
    expect(again.code).toBe(0);
  });

  it("runs on real sockets too", async (context) => {
    const place = workplaceOf(context);
    const args = ["explore", "--backend", "embedded", "--faults", "fin", "--runs", "4", "--unit-size", "2", "--quiet"];
    const { code, stdout } = await place.run(args);
    expect(stdout).toContain("4 plans of reference on embedded");
    expect(code).toBe(0);
  });

  it.for([
    [["--shard", "3/2"], "--shard 3/2"],
    [["--units", "x"], "--units x"],
    [["--shard", "1/2", "--units", "1"], "give one of them"],
    [["--runs", "10", "--for", "10s"], "give one of them"],
    [["--for", "soon"], "--for soon"],
    [["--faults", "nonsense"], "nonsense"],
    [["one"], 'no "one"'],
  ] as const)("refuses %o", async ([args, told], context) => {
    const place = workplaceOf(context);
    const { code, stderr } = await place.run(["explore", ...args]);
    expect(stderr).toContain(told);
    expect(code).toBe(3);
    expect(place.strays()).toEqual([]);
  });
});

describe("a campaign that is cut off", () => {
  it("loses and doubles nothing when it is killed, and leaves no process", async (context) => {
    const place = workplaceOf(context);
    const args = [...SMALL, "--out", "killed", "--jobs", "2", "--quiet"];
    const { pid, child, finished } = place.start(args);
    await waitUntil(() => unitsOf(place, "killed").length >= 2, 60_000, "two units are stored");
    child.kill("SIGKILL");
    await finished;
    const before = unitsOf(place, "killed").length;
    expect(before).toBeLessThan(8);
    await waitUntil(() => !isAlive(pid), 10_000, "it is gone");
    await place.expectNothingLeft();
    const resumed = await place.run(args);
    expect(resumed.stdout).toContain("40 plans of reference");
    expect(resumed.code).toBe(0);
    const whole = await place.run([...SMALL, "--out", "whole", "--quiet"]);
    expect(whole.code).toBe(0);
    expect(contentOf(place, "killed")).toEqual(contentOf(place, "whole"));
  });

  it("ends with 130 on Ctrl-C, tells how it goes on, and what is missing can be run elsewhere", async (context) => {
    const place = workplaceOf(context);
    const args = [...SMALL, "--runs", "80", "--jobs", "2", "--quiet"];
    const { child, finished } = place.start([...args, "--out", "part"]);
    await waitUntil(() => unitsOf(place, "part").length >= 1, 60_000, "a unit is stored");
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toContain("--out part");
    await place.expectNothingLeft();
    const missing = await place.run(["missing", "part"]);
    expect(missing.code).toBe(2);
    expect((await place.run(["merge", "part"])).code).toBe(2);
    const rest = await place.run([...args, "--out", "rest", "--units", missing.stdout.trim()]);
    expect(rest.code).toBe(0);
    expect((await place.run(["missing", "rest", "part"])).code).toBe(0);
    const merged = await place.run(["merge", "part", "rest"]);
    expect(merged.stdout).toContain("80 plans of reference");
    expect(merged.code).toBe(0);
  });
});

describe("cutwire merge", () => {
  it("gives the verdict over shards, in any order, and none of its own", async (context) => {
    const place = workplaceOf(context);
    const args = [...SMALL, "--client", "planted:M11", "--quiet"];
    const shards = ["1/2", "2/2"].map((shard, index) => [...args, "--shard", shard, "--out", `part-${index}`]);
    for (const shard of shards) expect((await place.run(shard)).code).toBe(0);
    expect(unitsOf(place, "part-1")).toHaveLength(4);
    const there = await place.run(["merge", "part-0", "part-1", "--json", "--out", "union"]);
    const back = await place.run(["merge", "part-1", "part-0", "union", "part-1", "--json", "--out", "union"]);
    expect([there.code, back.code]).toEqual([1, 1]);
    expect(back.stdout).toBe(there.stdout);
    expect(unitsOf(place, "union")).toHaveLength(8);
    // As the only shard: what was found is shrunk and confirmed by another test.
    const whole = await place.run([...args, "--shard", "1/1", "--out", "whole"]);
    expect(whole.code).toBe(0);
    expect(contentOf(place, "union")).toEqual(contentOf(place, "whole"));
  });

  it("misses a torn unit, and tells one that came to something else", async (context) => {
    const place = workplaceOf(context);
    await place.run([...SMALL, "--runs", "15", "--out", "one", "--quiet"]);
    mkdirSync(join(place.directory, "two", "units"), { recursive: true });
    for (const name of ["campaign.json", ...unitsOf(place, "one").map((unit) => join("units", unit))]) {
      copyFileSync(join(place.directory, "one", name), join(place.directory, "two", name));
    }
    const unit = join(place.directory, "two", "units", "unit-0000001.json");
    const { result } = JSON.parse(readFileSync(unit, "utf8")) as { result: { tally: { discarded: number } } };
    result.tally.discarded += 1;
    const digest = createHash("sha256").update(sorted(result)).digest("hex");
    writeFileSync(unit, sorted({ digest, result }));
    const contradicting = await place.run(["merge", "one", "two"]);
    expect(contradicting.stdout).toContain("not deterministic: units 1 came to different things");
    expect(contradicting.code).toBe(1);
    truncateSync(unit, 100);
    expect((await place.run(["merge", "two"])).stdout).toContain("1 units are missing: --units 1");
    expect((await place.run(["missing", "two"])).stdout).toBe("1\n");
    expect((await place.run(["merge", "one", "two"])).code).toBe(0);
  });
});
