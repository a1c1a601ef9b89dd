import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { HarnessError } from "../errors.ts";
import { type Contract, ContractPartSchema } from "../plan/contract.ts";
import { CONTRACT_PRESETS } from "../plan/contract-presets.ts";
import { parseDocument } from "../plan/document.ts";
import { readTextFile } from "../suite/files.ts";

/** The lines of a command's help that tell of `--contract`. */
export const CONTRACT_HELP: string = `  --contract FILE | PRESET   what the client promises, instead of what it says itself`;

/** What can be written behind `--contract`, for a command's help. */
export const CONTRACT_PRESETS_HELP: string = `A contract file holds what is to differ from what the client says of itself, in JSON, for example
  {"idleDeadlineMs": 2000, "backoff": {"baseMs": 500, "factor": 2, "capMs": 8000,
    "jitter": {"from": 0.75, "to": 1}, "attemptsMax": 5, "resetOn": "completed"}}
Presets: ${CONTRACT_PRESETS.map(({ name }) => name).join(", ")}.`;

/**
 * Reads what stands behind `--contract`: the name of a preset, or a JSON file with the promises that are to differ.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, and `HARNESS_INVALID_CONTRACT` with every
 * problem and its path in the file
 */
export function readContract(chosen: string, directory: string): Partial<Contract> {
  const preset = CONTRACT_PRESETS.find(({ name }) => name === chosen);
  if (preset !== undefined) return preset.contract;
  const path = resolve(directory, chosen);
  if (!existsSync(path) && !/[./\\]/.test(chosen)) {
    const names = CONTRACT_PRESETS.map(({ name }) => name).join(", ");
    throw new HarnessError(
      "HARNESS_UNKNOWN_NAME",
      `There is no contract preset named "${chosen}", and no such file. Presets: ${names}.`,
      { details: { name: chosen } },
    );
  }
  return parseDocument(readTextFile(path), ContractPartSchema, {
    what: "contract",
    source: chosen,
    code: "HARNESS_INVALID_CONTRACT",
  });
}
