import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";

/** What a policy may use beside its own settings. The random stream is the policy's own. */
export type PolicyContext = { readonly clock: Clock; readonly random: Random };

/**
 * A rule of the client, made afresh for each session: so one options object can serve many sessions, and none of them
 * shares a counter with another.
 */
export type Policy<State> = (context: PolicyContext) => State;
