import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness, createMemoryHistorySink, type Plan, runAndJudge, type RunResult, type Scenario } from "cutwire";

/** What the clients of cutwire are known by. */
export const harness: ReturnType<typeof createHarness> = createHarness();

/** The plan of a scenario of this folder, by the name of its file. */
export function planOf(scenario: string): Plan {
  return (JSON.parse(readFileSync(new URL(`${scenario}.json`, import.meta.url), "utf8")) as Scenario).plan;
}

/** Runs a plan against the reference server over real sockets. The client is a name, or a path from the repository's root. */
export async function runOnSockets(client: string, plan: Plan): Promise<RunResult> {
  const stateDirectory = mkdtempSync(join(tmpdir(), "cutwire-on-sockets-"));
  const module = harness.clients.get(client) ?? new URL(`../${client}`, import.meta.url).href;
  const request = { plan, module, backend: "embedded", target: "reference", stateDirectory };
  try {
    return await runAndJudge({ ...request, sink: createMemoryHistorySink() }, harness);
  } finally {
    rmSync(stateDirectory, { recursive: true });
  }
}
