import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { createMemoryJournal, type Journal, type JournalEntry, openFileJournal } from "../responses-client/index.ts";
import { breachesOf } from "./breaches.test-support.ts";
import { describeJournal, JOURNAL_CONTRACT, type JournalStore } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "cutwire-journals-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function createFileStore(): JournalStore {
  files += 1;
  const path = join(folder, `${files}.jsonl`);
  return { open: () => openFileJournal(path) };
}

function storeOf(journal: Journal): JournalStore {
  return { open: () => journal };
}

describeJournal("file", createFileStore);
describeJournal("memory", () => storeOf(createMemoryJournal()));

describe("the contract of journals", () => {
  it("is broken by a journal that forgets, in every clause that reads", async () => {
    const forgetful: Journal = { read: () => [], append: () => undefined, close: () => undefined };
    expect(await breachesOf(JOURNAL_CONTRACT, () => storeOf(forgetful))).toEqual([
      "gives back each kind of entry as it was appended",
      "has kept an entry when append returns",
      "is continued by those who open it later",
      "keeps any text whole",
      "answers a list that later entries do not change",
    ]);
  });

  it("is broken by a journal that writes when it is closed", async () => {
    const late = (): JournalStore => {
      const stored: JournalEntry[] = [];
      return {
        open() {
          const own: JournalEntry[] = [];
          return {
            read: () => [...stored, ...own],
            append: (entry) => void own.push(entry),
            close: () => void stored.push(...own.splice(0)),
          };
        },
      };
    };
    expect(await breachesOf(JOURNAL_CONTRACT, late)).toEqual(["has kept an entry when append returns"]);
  });

  it("is broken by a journal that hands out its own list, answers something, or closes once", async () => {
    const careless = (): JournalStore => {
      const entries: JournalEntry[] = [];
      let isOpen = true;
      return storeOf({
        read: () => entries,
        append: (entry) => entries.push(entry),
        close() {
          if (!isOpen) throw new Error("closed already");
          isOpen = false;
        },
      });
    };
    expect(await breachesOf(JOURNAL_CONTRACT, careless)).toEqual(
      expect.arrayContaining([
        "gives back each kind of entry as it was appended",
        "answers a list that later entries do not change",
        "can be closed twice",
      ]),
    );
  });
});
