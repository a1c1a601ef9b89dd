/** A promise of the product, and the rules that it stands on. Every run is judged by all rules; a promise fails by its own. */
export type AgentPromise = {
  /** Lower case words joined by hyphens. */
  readonly name: string;
  /** In one sentence, as a user would put it. */
  readonly claim: string;
  readonly rules: readonly string[];
};

/** A tool that was asked for once has its effect at most once. */
export const toolEffectsAtMostOnce: AgentPromise = {
  name: "tool-effects-at-most-once",
  claim:
    "Whatever happens to the wire, a tool that was asked for once takes effect at most once, and only on complete arguments.",
  rules: ["INV-01", "INV-02", "INV-05"],
};

/** What a tool returned is not lost. */
export const noResultLost: AgentPromise = {
  name: "no-result-lost",
  claim:
    "Whatever happens to the wire, every result that a tool returned reaches the model once, in a history that fits together.",
  rules: ["INV-03", "INV-04", "INV-13"],
};

/** The session comes back. */
export const sessionRecovers: AgentPromise = {
  name: "session-recovers",
  claim: "Whatever happens to the wire, every turn ends in time, and the session goes on to work afterwards.",
  rules: ["INV-12", "INV-14", "INV-15", "INV-22", "INV-23", "INV-24", "INV-25", "INV-29", "INV-30", "INV-42"],
};

/** Retries keep the promised distance. */
export const backoffKeepsItsPromise: AgentPromise = {
  name: "backoff-keeps-its-promise",
  claim: "Whatever happens to the wire, retries keep the promised distance, bound and single file.",
  rules: ["INV-31", "INV-32", "INV-33", "INV-34", "INV-35", "INV-36", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"],
};

/** What is shown belongs to the turn, once. */
export const nothingShownTwice: AgentPromise = {
  name: "nothing-shown-twice",
  claim:
    "Whatever happens to the wire, nothing of a broken attempt or of another turn is shown, or counted, in this one.",
  rules: ["INV-17", "INV-19", "INV-20", "INV-27"],
};

/** Every promise. */
export const PROMISES: readonly AgentPromise[] = [
  toolEffectsAtMostOnce,
  noResultLost,
  sessionRecovers,
  backoffKeepsItsPromise,
  nothingShownTwice,
];
