import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMemoryHistorySink, openFileHistorySink } from "../history/history-sink.ts";
import type { HistoryStore } from "./history-sink.ts";

/** Every history sink that there is, by its name, each in a new place. */
export type HistoryStores = { readonly create: Readonly<Record<"file" | "memory", () => HistoryStore>>; close(): void };

/** Opens a folder for those that need one. */
export function openHistoryStores(): HistoryStores {
  const folder = mkdtempSync(join(tmpdir(), "cutwire-sinks-"));
  let files = 0;
  return {
    create: {
      file() {
        files += 1;
        const path = join(folder, `${files}.jsonl`);
        return {
          open: () => openFileHistorySink(path),
          text: () => (existsSync(path) ? readFileSync(path, "utf8") : ""),
        };
      },
      memory() {
        const sink = createMemoryHistorySink();
        return { open: () => sink, text: () => sink.lines.map((line) => `${line}\n`).join("") };
      },
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
