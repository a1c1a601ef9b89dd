import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Campaign } from "../explore/campaign.ts";
import { type ConfirmedCells, confirmCells } from "../explore/confirm-cells.ts";
import type { SweepSpace } from "../explore/sweep-space.ts";
import type { UnitResult } from "../explore/unit-result.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Plan } from "../plan/plan.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import { unsupportedFaults } from "../run/unsupported-faults.ts";
import type { RunFolder } from "../suite/run-folder.ts";
import { CONFIRMING_BACKEND } from "./settled-findings.ts";

/** With what cells are run again. */
export type ConfirmationParts = {
  readonly campaign: Campaign;
  readonly harness: Harness;
  /** How many cells; 0 for none. */
  readonly cells: number;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  readonly folder: RunFolder;
};

const SIDE_BY_SIDE = 4;
const TOLD_EVERY = 20;

/** Runs cells of a sweep again on real sockets; undefined where none are asked for. */
export async function confirmSweep(
  space: SweepSpace,
  results: readonly UnitResult[],
  parts: ConfirmationParts,
): Promise<ConfirmedCells | undefined> {
  const { cells, harness, folder, note, signal } = parts;
  if (cells === 0) return undefined;
  const stateRoot = resolve(folder.folder("state"));
  mkdirSync(stateRoot, { recursive: true });
  try {
    return await confirmCells(space, results, {
      cells,
      runOne: async (plan) => await runCell(plan, parts, mkdtempSync(join(stateRoot, "cell-"))),
      isMakeable: isMakeableBy(parts),
      checkers: harness.checkers,
      sideBySide: SIDE_BY_SIDE,
      onCell(done) {
        if (done % TOLD_EVERY === 0 && !signal.aborted) note(`${done} of ${cells} cells on ${CONFIRMING_BACKEND}`);
      },
    });
  } finally {
    rmSync(stateRoot, { recursive: true, force: true });
  }
}

function isMakeableBy({ harness, campaign }: ConfirmationParts): (plan: Plan) => boolean {
  const backend = pluginNamed("backend", CONFIRMING_BACKEND, harness.backends);
  const target = targetNamed(campaign.identity.target, harness);
  return ({ faults }) => unsupportedFaults(faults, { backend, target }).length === 0;
}

async function runCell(
  plan: Plan,
  { campaign, harness, signal }: ConfirmationParts,
  stateDirectory: string,
): Promise<RunResult> {
  const { target, contract } = campaign.identity;
  return await runAndJudge(
    {
      plan,
      module: clientModuleOf(campaign.client, harness),
      backend: CONFIRMING_BACKEND,
      target,
      ...(contract === undefined ? {} : { contract }),
      sink: createMemoryHistorySink(),
      stateDirectory,
      signal,
    },
    harness,
  );
}
