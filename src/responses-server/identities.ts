import { digestOfText } from "../determinism/stable-json.ts";

/** The kinds of ids that the server gives out, as they begin on the wire. */
export type IdentityKind = "resp" | "msg" | "rs" | "fc" | "call" | "req" | "steer";

/**
 * The ids of one API key: `resp_2c70e12b_000001`.
 *
 * The middle comes from the key, so that the ids of two sessions never meet; the number counts per key and kind, so
 * that sessions which run at the same time do not move each other's ids. The width is fixed up to a million ids of a
 * kind, because byte offsets of a run have to be the same on every replay (DESIGN §3).
 */
export type Identities = {
  next(kind: IdentityKind): string;
  /** Counts the ids of a kind from 1 again, so that ids which were given out come a second time. */
  startAgain(kind: IdentityKind): void;
};

/** Opens the ids of a key; they begin at 1. Another salt gives other ids, which a server that was started anew needs. */
export function createIdentities(apiKey: string, salt = ""): Identities {
  const owner = digestOfText(salt === "" ? apiKey : `${salt}/${apiKey}`).slice(0, 8);
  const counts = new Map<IdentityKind, number>();
  return {
    next(kind) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return `${kind}_${owner}_${String(count).padStart(6, "0")}`;
    },
    startAgain: (kind) => void counts.delete(kind),
  };
}

const EPOCH_SECONDS = 1_790_000_000;

/**
 * The value of `created_at` for a response: ten digits that grow with the number of its id, never the time of day.
 *
 * @example createdAtOf("resp_2c70e12b_000012") // 1790000012
 */
export function createdAtOf(responseId: string): number {
  return EPOCH_SECONDS + Number(responseId.slice(responseId.lastIndexOf("_") + 1));
}
