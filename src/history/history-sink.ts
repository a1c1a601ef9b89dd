import assert from "node:assert/strict";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

import { HarnessError, messageOf } from "../errors.ts";

/** Where the lines of a history go. It is synchronous, because virtual time cannot wait for a disk (DESIGN §4). */
export type HistorySink = {
  /**
   * Stores one line, given without its line end; it is there when this returns. After `close` it is an error of ours.
   *
   * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
   */
  append(line: string): void;
  /** It throws every line away, so that none need be made for it. */
  readonly keepsNothing?: true;
  /** Makes all lines durable and lets go of the place. Closing twice does nothing. */
  close(): void;
};

/**
 * Stores a history as a file, one JSON object per line; what is written is in the file even if the harness dies.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function openFileHistorySink(path: string): HistorySink {
  const file = openNew(path);
  let isOpen = true;
  return {
    append(line) {
      assert(isOpen, "append to a closed history");
      writeWhole(file, path, `${line}\n`);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}

function openNew(path: string): number {
  try {
    return openSync(path, "wx");
  } catch (error) {
    throw unwritable(path, error);
  }
}

function writeWhole(file: number, path: string, text: string): void {
  const bytes = Buffer.from(text);
  try {
    // Each round writes at least one byte or throws, so the loop is bounded by the length.
    for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): HarnessError {
  return new HarnessError("HARNESS_UNWRITABLE_FILE", `The history cannot be written to ${path}: ${messageOf(error)}`, {
    details: { path },
    cause: error,
  });
}

/** Keeps a history in memory alone. */
export function createMemoryHistorySink(): HistorySink & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  let isOpen = true;
  return {
    lines,
    append(line) {
      assert(isOpen, "append to a closed history");
      lines.push(line);
    },
    close() {
      isOpen = false;
    },
  };
}

/** Where nobody wants a history stored: the run's own record is all that there is of it. */
export const NO_HISTORY_SINK: HistorySink = { append: () => undefined, close: () => undefined, keepsNothing: true };
