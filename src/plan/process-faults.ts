/**
 * The wall clock of the client's process steps by `byMs`, forwards or backwards, and steps back when the fault heals; its
 * monotonic clock and its timers go on evenly (F-48).
 */
export type ClockStepFault = { readonly kind: "clock-step"; readonly byMs: number };

/**
 * Something is done to the container of the server, and so to every session at once: it stands still and its connections
 * with it (`pause`, F-40), its process is killed until the fault heals (`kill`) or started again at once (`restart`,
 * F-42), or the network between it and its clients is gone (`disconnect`).
 */
export type ContainerFault = {
  readonly kind: "container";
  readonly action: "pause" | "kill" | "restart" | "disconnect";
  /** What becomes of the responses that the server stored when its process is killed: lost where absent. */
  readonly store?: "kept" | "lost";
};
