import assert from "node:assert/strict";

import type { Journal, JournalEntry } from "../responses-client/journal.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { AWKWARD_TEXTS } from "./awkward-texts.ts";

/** A place for one journal. Each `open` continues what is there, as a second process would after a kill of the first. */
export type JournalStore = { open(): Journal };

const ENTRIES: readonly JournalEntry[] = [
  { kind: "message", item: { type: "message", role: "user", content: [{ type: "input_text", text: "Book a seat." }] } },
  {
    kind: "response",
    responseId: "resp_1",
    items: [{ type: "function_call", call_id: "call_1", name: "perform", arguments: '{"operation":"a"}' }],
  },
  { kind: "intent", responseId: "resp_1", callId: "call_1", name: "perform", arguments: '{"operation":"a"}' },
  { kind: "output", callId: "call_1", output: "receipt-000000" },
  { kind: "response", items: [] },
  { kind: "turn-ended" },
];

/** An output holds any text that a tool may answer. */
function outputOf(output: string, callId = "call_1"): JournalEntry {
  return { kind: "output", callId, output };
}

function fill(journal: Journal, entries: readonly JournalEntry[]): void {
  for (const entry of entries) {
    const answer: unknown = journal.append(entry);
    assert.equal(answer, undefined, "append answers nothing: what it was given is kept when it returns");
  }
}

/** What every journal owes to the session that writes it (protocol.md §6.9, INV-44). */
export const JOURNAL_CONTRACT: readonly Clause<JournalStore>[] = [
  {
    title: "is empty at first",
    holds(store) {
      const journal = store.open();
      assert.deepEqual(journal.read(), []);
      journal.close();
    },
  },
  {
    title: "gives back each kind of entry as it was appended, oldest first",
    holds(store) {
      const journal = store.open();
      fill(journal, ENTRIES);
      assert.deepEqual(journal.read(), ENTRIES);
      journal.close();
    },
  },
  {
    title: "has kept an entry when append returns: a process that is killed then has lost nothing",
    holds(store) {
      const killed = store.open();
      for (const [index, entry] of ENTRIES.entries()) {
        killed.append(entry);
        const next = store.open();
        assert.deepEqual(next.read(), ENTRIES.slice(0, index + 1));
        if (next !== killed) next.close();
      }
      killed.close();
    },
  },
  {
    title: "is continued by those who open it later, in order",
    holds(store) {
      for (const [index, entry] of ENTRIES.entries()) {
        const journal = store.open();
        assert.deepEqual(journal.read(), ENTRIES.slice(0, index));
        journal.append(entry);
        journal.close();
      }
      const last = store.open();
      assert.deepEqual(last.read(), ENTRIES);
      last.close();
    },
  },
  {
    title: "keeps any text whole: line ends, quotes, lone surrogates, a megabyte",
    holds(store) {
      const journal = store.open();
      const entries = AWKWARD_TEXTS.map((text, index) => outputOf(text, `call_${index}`));
      fill(journal, entries);
      journal.close();
      const again = store.open();
      assert.deepEqual(again.read(), entries);
      again.close();
    },
  },
  {
    title: "answers a list that later entries do not change",
    holds(store) {
      const journal = store.open();
      journal.append({ kind: "turn-ended" });
      const before = journal.read();
      journal.append(outputOf("later"));
      assert.equal(before.length, 1);
      journal.close();
    },
  },
  {
    title: "can be closed twice",
    holds(store) {
      const journal = store.open();
      journal.close();
      journal.close();
    },
  },
];

/**
 * Declares the contract of journals for one of them; `createStore` is called once per test and begins with nothing.
 *
 * @example describeJournal("memory", () => { const journal = createMemoryJournal(); return { open: () => journal }; });
 */
export function describeJournal(name: string, createStore: () => JournalStore): void {
  describeClauses(`the journal "${name}"`, JOURNAL_CONTRACT, createStore);
}
