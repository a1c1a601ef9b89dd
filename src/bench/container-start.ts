import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createSystemClock } from "../determinism/clock.ts";
import { figureText } from "./figures.ts";
import { spreadOf } from "./rounds.ts";

/** The built command of this clone. */
const CLI: string = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const ROUNDS = 7;
const MS_PER_SECOND = 1_000;

/** The head of the table that {@link measureContainerStart} fills. */
export const CONTAINER_START_HEAD: readonly string[] = ["cutwire run fin-mid-text", "s, median", "s, middle half"];

type Timing = { readonly verdictMs: number; readonly endMs: number };

/** Measures how long a run through containers takes, from its start to its first verdict and to its end. */
export async function measureContainerStart(): Promise<readonly (readonly string[])[]> {
  // The first one makes the image, where that is not there yet.
  await timeOne();
  const timings: Timing[] = [];
  for (let round = 0; round < ROUNDS; round += 1) timings.push(await timeOne());
  return [
    rowOf(
      "to the first verdict",
      timings.map(({ verdictMs }) => verdictMs),
    ),
    rowOf(
      "to the end, with all containers gone",
      timings.map(({ endMs }) => endMs),
    ),
  ];
}

function rowOf(what: string, times: readonly number[]): readonly string[] {
  const { median, lowerQuartile, upperQuartile } = spreadOf(times.map((time) => time / MS_PER_SECOND));
  return [what, figureText(median), `${figureText(lowerQuartile)}–${figureText(upperQuartile)}`];
}

async function timeOne(): Promise<Timing> {
  const clock = createSystemClock();
  const out = mkdtempSync(join(tmpdir(), "cutwire-bench-"));
  const startMs = clock.nowMs();
  const child = spawn(process.execPath, [CLI, "run", "fin-mid-text", "--backend", "container", "--out", out], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let verdictMs: number | undefined;
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (verdictMs === undefined && stderr.includes("1/1 fin-mid-text: as expected"))
      verdictMs = clock.nowMs() - startMs;
  });
  await once(child, "close");
  const endMs = clock.nowMs() - startMs;
  rmSync(out, { recursive: true, force: true });
  if (verdictMs === undefined) throw new Error(`The run came to no verdict: ${stderr}`);
  return { verdictMs, endMs };
}
