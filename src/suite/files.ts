import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

import { drawSeed } from "../determinism/random.ts";
import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import { createRedactor, secretsOfEnvironment } from "../history/redaction.ts";

/**
 * Reads a text file that a user named.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`
 */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = systemCodeOf(error) === "ENOENT" ? "there is no such file" : messageOf(error);
    throw new HarnessError("HARNESS_UNREADABLE_FILE", `${path} cannot be read: ${why}.`, {
      details: { path },
      cause: error,
    });
  }
}

const environmentRedactor = createRedactor(String(drawSeed()), secretsOfEnvironment(process.env));

/** The text without the values of key-like environment variables, which no stored file may hold. */
export function withoutSecrets(text: string): string {
  return environmentRedactor.redact(text);
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, then renamed.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function writeTextFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, withoutSecrets(text));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new HarnessError("HARNESS_UNWRITABLE_FILE", `${path} cannot be written: ${messageOf(error)}.`, {
      details: { path },
      cause: error,
    });
  }
}
