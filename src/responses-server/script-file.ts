import { z } from "zod";

import { HarnessError, messageOf } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import { type SessionScript, SessionScriptSchema } from "../protocol/model-script.ts";

/**
 * The conversations of a script file.
 *
 * @example { "formatVersion": 1, "anyKey": { "turns": […] }, "conversations": { "key-a": { "turns": […] } } }
 */
export type ScriptFile = {
  readonly formatVersion: 1;
  /** What every key gets that is not named; absent: such keys are unknown. */
  readonly anyKey?: SessionScript;
  /** What named keys get. */
  readonly conversations?: Readonly<Record<string, SessionScript>>;
};

/** The version of script files that this release writes and reads. */
export const SCRIPT_FILE_VERSION = 1;

const ScriptFileSchema: z.ZodType<ScriptFile> = z.strictObject({
  formatVersion: z.literal(SCRIPT_FILE_VERSION),
  anyKey: SessionScriptSchema.exactOptional(),
  conversations: z.record(z.string().min(1).max(512), SessionScriptSchema).exactOptional(),
});

/**
 * Reads a script file: its own format, or a lone conversation `{"turns":[…]}`, which every key then gets.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE` where it is no JSON or of another version,
 * `HARNESS_INVALID_SCRIPT` with every problem and its path
 */
export function parseScriptFile(text: string): ScriptFile {
  const value = parseJson(text);
  if (isJsonObject(value) && "turns" in value) {
    const lone = SessionScriptSchema.safeParse(value);
    if (!lone.success) throw invalidScript(lone.error.issues);
    return { formatVersion: SCRIPT_FILE_VERSION, anyKey: lone.data };
  }
  if (isJsonObject(value) && value["formatVersion"] !== SCRIPT_FILE_VERSION) {
    const version = JSON.stringify(value["formatVersion"]) ?? "none";
    const advice = `This release reads version ${SCRIPT_FILE_VERSION}, or a lone conversation with "turns".`;
    throw new HarnessError("HARNESS_UNREADABLE_FILE", `The script file has the format version ${version}. ${advice}`);
  }
  const parsed = ScriptFileSchema.safeParse(value);
  if (!parsed.success) throw invalidScript(parsed.error.issues);
  return parsed.data;
}

/** The conversation that a script file gives to a key; to be used as `scriptOf` of a server. */
export function scriptOfFile(file: ScriptFile): (apiKey: string) => SessionScript | undefined {
  const named = new Map(Object.entries(file.conversations ?? {}));
  return (apiKey) => named.get(apiKey) ?? file.anyKey;
}

/** The error of a script that cannot be played, with every problem and its path. */
export function invalidScript(issues: readonly z.core.$ZodIssue[]): HarnessError {
  const problems = issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const listed = problems.map(({ path, message }) => `${path === "" ? "script" : path}: ${message}`).join("; ");
  return new HarnessError("HARNESS_INVALID_SCRIPT", `The script cannot be played: ${listed}.`, {
    details: { problems },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HarnessError(
      "HARNESS_UNREADABLE_FILE",
      `The script is not JSON: ${messageOf(error)}. Correct the file.`,
      {
        cause: error,
      },
    );
  }
}
