import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError, messageOf } from "../errors.ts";
import { type Campaign, differencesOf, parseCampaign } from "./campaign.ts";
import { parseSealedUnit, printSealedUnit, type SealedUnit, sealUnit, type UnitResult } from "./unit-result.ts";

/** The folder of a campaign: `campaign.json`, and one file for each unit that was run. */
export type CampaignStore = {
  readonly path: string;
  readonly campaign: Campaign;
  /** The units that are stored whole, in order. */
  units(): readonly number[];
  /** The stored result; undefined where there is none, or where its file is torn. */
  read(unit: number): SealedUnit | undefined;
  /** Stores a result whole or not at all, also when the power fails. */
  write(result: UnitResult): void;
};

const CAMPAIGN_FILE = "campaign.json";
const UNITS_FOLDER = "units";
const UNIT_FILE = /^unit-(\d+)\.json$/;

/**
 * Opens the folder of a campaign, and begins the campaign there where the folder has none.
 *
 * A folder that has the same campaign already is gone on with. It then may be asked for more units than before.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where the folder holds another campaign, `HARNESS_UNWRITABLE_FILE`,
 * and those of {@link readCampaignStore}
 */
export function openCampaignStore(path: string, campaign: Campaign): CampaignStore {
  const stored = existsSync(join(path, CAMPAIGN_FILE)) ? readCampaignStore(path).campaign : undefined;
  if (stored !== undefined && stored.id !== campaign.id) {
    const differences = differencesOf(stored.identity, campaign.identity).join(", ");
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `${path} holds another campaign; they differ in: ${differences}. Choose another folder with --out, or ask for the same again.`,
      { details: { path, differences } },
    );
  }
  const joint = stored === undefined ? campaign : { ...campaign, units: moreUnits(stored.units, campaign.units) };
  inFolder(path, () => {
    mkdirSync(join(path, UNITS_FOLDER), { recursive: true });
    writeDurably(join(path, CAMPAIGN_FILE), `${stableJson(joint, 2)}\n`);
  });
  return storeAt(path, joint);
}

/** A budget of time has no number of units, and one of units says what is missing: then that stands. */
function moreUnits(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.max(left, right);
}

/**
 * Opens the folder of a campaign that is there.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CONFIGURATION`
 */
export function readCampaignStore(path: string): CampaignStore {
  const file = join(path, CAMPAIGN_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `${path} holds no campaign: ${messageOf(error)}. Give a folder that "cutwire explore --out" filled.`;
    throw new HarnessError("HARNESS_UNREADABLE_FILE", message, { details: { path }, cause: error });
  }
  return storeAt(path, parseCampaign(text, file));
}

function storeAt(path: string, campaign: Campaign): CampaignStore {
  const folder = join(path, UNITS_FOLDER);
  const fileOf = (unit: number): string => join(folder, `unit-${String(unit).padStart(7, "0")}.json`);
  const read = (unit: number): SealedUnit | undefined => {
    const sealed = readSealedUnit(fileOf(unit));
    return sealed?.result.campaign === campaign.id && sealed.result.unit === unit ? sealed : undefined;
  };
  return {
    path,
    campaign,
    read,
    units() {
      if (!existsSync(folder)) return [];
      const named = readdirSync(folder).flatMap((name) => UNIT_FILE.exec(name)?.[1] ?? []);
      return named
        .map(Number)
        .toSorted((left, right) => left - right)
        .filter((unit) => read(unit) !== undefined);
    },
    write(result) {
      inFolder(path, () => writeDurably(fileOf(result.unit), printSealedUnit(sealUnit(result))));
    },
  };
}

function readSealedUnit(file: string): SealedUnit | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  return parseSealedUnit(text);
}

/** Writes to a temporary name and syncs it before it gets its own, so that under its own name there is never half a file. */
function writeDurably(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = openSync(temporary, "w");
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}

function inFolder(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new HarnessError("HARNESS_UNWRITABLE_FILE", `${path} cannot be written to: ${messageOf(error)}.`, {
      details: { path },
      cause: error,
    });
  }
}
