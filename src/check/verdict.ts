/** How a rule came out. `unknown`: the history does not decide it. `not-exercised`: it had nothing to judge. */
export type Outcome = "holds" | "violated" | "unknown" | "not-exercised";

/**
 * What a checker says of a run.
 *
 * @example { "checker": "lost-result", "rule": "INV-03", "outcome": "violated", "message": "session 0: …",
 *            "advice": "…", "evidence": [41, 44, 97] }
 */
export type Verdict = {
  readonly checker: string;
  /** An invariant of failures.md §2, or a backoff rule of protocol.md §7: `"INV-03"`, `"B1"`. */
  readonly rule: string;
  readonly outcome: Outcome;
  /** One or two sentences: what happened, to whom. */
  readonly message: string;
  /** What the author of a client that violates the rule should look at. */
  readonly advice: string;
  /** Sequence numbers of the smallest set of events that shows it, in order. */
  readonly evidence: readonly number[];
};

/** What a checker finds, before the engine adds the rule's name and advice. */
export type Finding = Pick<Verdict, "outcome" | "message" | "evidence">;
