import type { MeasuredSession } from "./simulated-sessions.ts";

/** What a process that simulates can be told; it does one thing after the other. */
export type SimulationQuestion =
  /** Sessions in virtual time, with the seeds from `seed` on, each judged by every checker. */
  | { readonly kind: "simulate"; readonly session: MeasuredSession; readonly seed: number; readonly sessions: number }
  /** The messages of the long session as JSON in frames, there and back, and nothing else. */
  | { readonly kind: "floor"; readonly sessions: number }
  /** The same sessions over real sockets, one after the other. */
  | { readonly kind: "embedded"; readonly session: MeasuredSession; readonly seed: number; readonly sessions: number }
  /** Every `every`-th cell of the sweep of a session with one tool, beginning with cell `first`. */
  | { readonly kind: "sweep"; readonly first: number; readonly every: number };

/** What it came to. */
export type SimulationResult = {
  readonly sessions: number;
  readonly elapsedMs: number;
  /** Processor time of all threads of the process. */
  readonly processorMs: number;
  /** Messages that the server sent. */
  readonly serverEvents: number;
  /** Events of the histories. */
  readonly historyEvents: number;
  /** Sessions whose faults all fired, or that had none. */
  readonly struck: number;
  /** Sessions in which a promise was violated. */
  readonly violated: number;
};

/** What a sweep came to, and how many cells there are in all. */
export type SweepResult = SimulationResult & { readonly cells: number };
