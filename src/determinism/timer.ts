/** A timer that has been started. Cancelling twice, or after it fired, does nothing. */
export type Timer = { cancel(): void };
