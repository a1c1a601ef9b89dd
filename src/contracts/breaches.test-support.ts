import { type Clause, findBreaches } from "./clause.ts";

/** The clauses that a plug-in breaks, each as its first words, up to a comma or colon. */
export async function breachesOf<Subject>(
  clauses: readonly Clause<Subject>[],
  createSubject: () => Subject,
): Promise<readonly string[]> {
  const breaches = await findBreaches(clauses, createSubject);
  return breaches.map(({ title }) => title.split(/[:,]/)[0] ?? "");
}
