import { stableJson } from "../determinism/stable-json.ts";
import { DEFAULT_TOOL_NAME, type ModelStep, type ScriptedCall, type ScriptedTurn } from "../protocol/model-script.ts";

/**
 * What a user says in a turn to a model that is not the scripted one: the turn's own text, and in words what the script
 * would have the model do, step by step. A model that follows instructions then reaches the same protocol points.
 *
 * @example "Book a seat.\n\nDo it in these steps:\n1. Call at once, with exactly these arguments:\n- perform {\"operation\":\"book\"}\n…"
 */
export function spellOutTurn({ userText, script }: ScriptedTurn): string {
  const steps = script.steps.map((step, index) => `${index + 1}. ${wordsOf(step, index === 0)}`);
  return [userText, "", "Do it in these steps:", ...steps].join("\n");
}

function wordsOf({ text, calls = [] }: ModelStep, isFirst: boolean): string {
  const acts = [
    ...(text === undefined ? [] : [`say "${text}"`]),
    ...(calls.length === 0 ? [] : [`call at once, with exactly these arguments:${calls.map(lineOf).join("")}`]),
  ].join(", and ");
  return isFirst ? `${acts.slice(0, 1).toUpperCase()}${acts.slice(1)}` : `When all have answered, ${acts}`;
}

function lineOf({ operation, name = DEFAULT_TOOL_NAME, arguments: others }: ScriptedCall): string {
  return `\n- ${name} ${stableJson({ ...others, operation })}`;
}
