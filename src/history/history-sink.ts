import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

import { HarnessError, messageOf } from "../errors.ts";

/** Where the lines of a history go. It is synchronous, because virtual time cannot wait for a disk (DESIGN §4). */
export type HistorySink = {
  /** Stores one line, given without its line end. */
  append(line: string): void;
  /** Makes all lines durable and lets go of the place. */
  close(): void;
};

/**
 * Stores a history as a file, one JSON object per line; what is written is in the file even if the harness dies.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function openFileHistorySink(path: string): HistorySink {
  let file: number;
  try {
    file = openSync(path, "wx");
  } catch (error) {
    throw new HarnessError("HARNESS_UNWRITABLE_FILE", `The history cannot be written to ${path}: ${messageOf(error)}`, {
      details: { path },
      cause: error,
    });
  }
  return {
    append: (line) => void writeSync(file, `${line}\n`),
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

/** Keeps a history in memory alone. */
export function createMemoryHistorySink(): HistorySink & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  return { lines, append: (line) => void lines.push(line), close: () => undefined };
}
