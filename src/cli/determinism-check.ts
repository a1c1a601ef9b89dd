import { digestLineOf, type HistoryDifference } from "../history/digest.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { Scenario } from "../plan/scenario.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import { checkDeterminism } from "../reproduce/determinism.ts";
import type { Harness } from "../reproduce/harness.ts";
import type { RunSettings } from "../suite/scenario-run.ts";
import { type CommandContext, EXIT_INTERRUPTED } from "./command.ts";

/** So many digits of a digest are shown: enough to compare by eye. */
const DIGITS_SHOWN = 16;

/**
 * Runs each scenario twice and prints whether both runs were the same to the last event. Answers the exit code: 0 where
 * all were, 1 where one was not.
 */
export async function checkScenariosForDeterminism(
  scenarios: readonly Scenario[],
  { client, backend, target, contract, signal }: Omit<RunSettings, "folder">,
  { harness, context }: { readonly harness: Harness; readonly context: CommandContext },
): Promise<number> {
  const module = clientModuleOf(client, harness);
  const options = { harness, backend, target, ...(contract === undefined ? {} : { contract }) };
  let different = 0;
  for (const { name, plan } of scenarios) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    const { digest, difference } = await checkDeterminism(plan, module, options);
    const outcome = difference === undefined ? "twice the same" : "and then another";
    context.print(`${name}: ${digest.slice(0, DIGITS_SHOWN)}, ${outcome}\n`);
    if (difference === undefined) continue;
    different += 1;
    context.print(describeDifference(difference));
  }
  const counted = `${scenarios.length} scenario${scenarios.length === 1 ? "" : "s"}`;
  context.print(
    different === 0 ? `${counted}, each twice the same\n` : `${counted}, ${different} not the same twice\n`,
  );
  return different === 0 ? 0 : 1;
}

function describeDifference({ index, left, right }: HistoryDifference): string {
  return `  event ${index} is the first that differs\n    first run:  ${inWords(left)}\n    second run: ${inWords(right)}\n`;
}

function inWords(event: HistoryEvent | undefined): string {
  return event === undefined ? "nothing, it was over" : digestLineOf(event).trimEnd();
}
