import { mergeCampaigns } from "../explore/merge-campaigns.ts";
import { printUnits } from "../explore/unit-selection.ts";
import { type OptionTable, readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { storesOf } from "./merge-command.ts";

const OPTIONS: OptionTable = { help: { type: "boolean", default: false } };

const HELP = `cutwire missing DIR...

Lists the units of a campaign that none of the folders has, as --units takes them. A torn file counts as missing.

Examples
  npx cutwire missing part-1 part-2                          prints 12..15,40
  npx cutwire explore --runs 20000 --out rest --units "$(npx cutwire missing part-1 part-2)"

Exit codes: 0 none is missing, 2 some are, 3 wrong use, 4 cutwire itself failed.
`;

/** `cutwire missing`: what is left of a campaign. */
export const missingCommand: Command = {
  name: "missing",
  summary: "list the units of a campaign that are not stored yet",
  help: HELP,
  run(args, context) {
    const given = readArguments(args, OPTIONS, "missing");
    if (given.flag("help")) {
      context.print(HELP);
      return Promise.resolve(0);
    }
    const { missing } = mergeCampaigns(storesOf(given, context));
    if (missing.length > 0) context.print(`${printUnits(missing)}\n`);
    return Promise.resolve(missing.length === 0 ? 0 : 2);
  },
};
