import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Plan } from "cutwire";

const SCRIPT = fileURLToPath(new URL("./digests-process.mjs", import.meta.url));

/** What a process is to simulate, and how. */
export type Simulating = {
  readonly client: string;
  readonly plans: readonly Plan[];
  /** What it tells of each plan; its digest where absent. */
  readonly prints?: "digest" | "outcomes" | "history";
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
};

/** Simulates plans in a process of their own, in the given order, and answers a line of each. */
export async function simulateElsewhere({
  node = process.execPath,
  ...request
}: Simulating): Promise<readonly string[]> {
  const running = promisify(execFile)(node, [SCRIPT], { maxBuffer: 2 ** 28 });
  running.child.stdin?.end(JSON.stringify(request));
  const { stdout } = await running;
  return stdout.trimEnd().split("\n");
}
