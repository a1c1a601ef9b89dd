import { describe, it } from "vitest";

import { messageOf } from "../errors.ts";

/**
 * One thing that every plug-in of a kind owes to what calls it.
 *
 * @example { title: "closes twice", holds: async ({ open }) => { const sink = open(); sink.close(); sink.close(); } }
 */
export type Clause<Subject> = {
  /** A sentence whose subject is the plug-in: `"gives back what was appended, in order"`. */
  readonly title: string;
  /** How long it may take on a busy machine, in ms; 30 s where absent. */
  readonly timeoutMs?: number;
  /** Throws where the plug-in breaks it, and says how. It opens what it needs, and closes it again. */
  holds(subject: Subject): Promise<void> | void;
};

/** A clause that was broken, and how. */
export type Breach = { readonly title: string; readonly why: string };

const TIMEOUT_MS = 30_000;

/** Declares a vitest suite with a test for each clause. */
export function describeClauses<Subject>(
  name: string,
  clauses: readonly Clause<Subject>[],
  createSubject: () => Subject,
): void {
  describe(name, () => {
    for (const clause of clauses) {
      it(clause.title, { timeout: clause.timeoutMs ?? TIMEOUT_MS }, async () => {
        await clause.holds(createSubject());
      });
    }
  });
}

/**
 * Tries every clause on a plug-in, each on a new one, and answers those that it breaks, in order. No test runner is needed.
 *
 * @example await findBreaches(REPORTER_CONTRACT, () => myReporter)
 */
export async function findBreaches<Subject>(
  clauses: readonly Clause<Subject>[],
  createSubject: () => Subject,
): Promise<readonly Breach[]> {
  const breaches: Breach[] = [];
  for (const clause of clauses) {
    try {
      await clause.holds(createSubject());
    } catch (error) {
      breaches.push({ title: clause.title, why: messageOf(error) });
    }
  }
  return breaches;
}
