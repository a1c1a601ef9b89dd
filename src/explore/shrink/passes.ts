import { dropCalls, dropFaults, dropSessions, dropTurns } from "./drop-parts.ts";
import type { ShrinkPass } from "./pass.ts";
import { lowerDetails, simplifyDetails, strikeAtPoint, strikeEarlier } from "./simplify.ts";

/** Every way to make a plan smaller. Parts come first, because each takes the most with it. */
export const SHRINK_PASSES: readonly ShrinkPass[] = [
  dropSessions,
  dropFaults,
  dropTurns,
  dropCalls,
  strikeAtPoint,
  simplifyDetails,
  lowerDetails,
  strikeEarlier,
];
