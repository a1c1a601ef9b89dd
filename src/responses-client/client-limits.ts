/** Bounds of a session; reaching one is a failure with that name, never a hang or a growing process (INV-39). */
export type ClientLimits = {
  /** How many bytes may wait in the socket to be sent, the next create included; 16 MiB where absent. */
  readonly sendQueueSizeBytesMax: number;
  /** Largest message of the server in bytes; 64 MiB where absent. */
  readonly messageSizeBytesMax: number;
  /** Largest sum of all messages of one response, in characters of JSON; 256 MiB where absent. */
  readonly responseSizeBytesMax: number;
  /** How many responses one turn may take, tool rounds included; 100 where absent. */
  readonly responsesPerTurnMax: number;
};

/** The bounds of a session that was given none; 16 MiB is a frame limit that was met in the field. */
export const DEFAULT_LIMITS: ClientLimits = {
  sendQueueSizeBytesMax: 16 * 1024 * 1024,
  messageSizeBytesMax: 64 * 1024 * 1024,
  responseSizeBytesMax: 256 * 1024 * 1024,
  responsesPerTurnMax: 100,
};
