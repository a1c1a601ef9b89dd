import type { Policy } from "./policy-context.ts";

/** Decides when a healthy connection is too old for another create. */
export type Rotation = { isDue(ageMs: number): boolean };

/** What {@link createRotation} can be told. */
export type RotationOptions = {
  /** Age in milliseconds from which no create is sent any more; 55 minutes where absent. */
  readonly ageMsMax?: number;
};

/**
 * Leaves a connection before the server does: OpenAI ends one after 60 minutes, in the middle of a response if need be
 * (protocol.md §1.3, INV-28). It is asked before each create, so nothing is cut and an idle session costs no dial.
 */
export function createRotation(options: RotationOptions = {}): Policy<Rotation> {
  const { ageMsMax = 55 * 60_000 } = options;
  return () => ({ isDue: (ageMs) => ageMs >= ageMsMax });
}
