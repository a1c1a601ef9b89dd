import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Runs a script in a process of its own, as a user of the package would. */
async function run(script: string, ...flags: readonly string[]): Promise<string> {
  const args = [...flags, "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return stdout;
}

const SIMULATE = `
  const { runPlan } = await import("cutwire");
  const { readFileSync } = await import("node:fs");
  const { plan } = JSON.parse(readFileSync("scenarios/cut-after-call-done.json", "utf8"));
  const client = { name: "mine", contract: {}, async open() {
    return { async runTurn() { return { outcome: "completed", text: String(Date.now()) }; }, async close() {} };
  } };
  try {
    const { digest, record } = await runPlan(plan, { client: CLIENT, backend: "simulation" });
    console.log("ran", digest, record.history.filter(({ kind }) => kind === "turn-ended").map(({ text }) => text).join());
  } catch (error) {
    console.log(error.code, error.message);
  }
`;
const WITH_OBJECT = SIMULATE.replace("CLIENT", "client");
const WITH_REFERENCE = SIMULATE.replace("CLIENT", '"reference"');

describe("a simulation in a process of the user's", () => {
  it("runs where the wrappers were registered first", async () => {
    expect(await run(WITH_REFERENCE, "--import", "cutwire/simulation/register")).toMatch(/^ran [0-9a-f]{64} /);
  });

  it("takes a client that is an object, and its time is virtual", async () => {
    const said = await run(WITH_OBJECT, "--import", "cutwire/simulation/register");
    expect(said).toMatch(/^ran [0-9a-f]{64} 17672256\d{5},17672256\d{5}\n$/);
  });

  it("is refused where nothing was registered, with what to do", async () => {
    const said = await run(WITH_REFERENCE);
    expect(said).toContain("HARNESS_SIMULATION_UNPREPARED");
    expect(said).toContain("node --import cutwire/simulation/register");
    expect(said).toContain('setupFiles: ["cutwire/simulation/register"]');
  });

  it("is refused where ws was loaded before, with the file that was", async () => {
    const said = await run(`await import("ws"); await import("cutwire/simulation/register"); ${WITH_REFERENCE}`);
    expect(said).toMatch(/HARNESS_SIMULATION_UNPREPARED .*ws was loaded before.*sender\.js/);
  });
});
