import type { Clock } from "../determinism/clock.ts";
import type { HistorySink } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Backend } from "./backend.ts";
import type { Client } from "./client.ts";
import type { FaultAppliers } from "./fault-applier.ts";
import type { Target } from "./target.ts";

/** What a run is made of. */
export type RunOptions = {
  /** The client under test: a `file:` URL of a module, or, in simulated worlds alone, the client itself. */
  readonly client: string | Client;
  /** Takes the place of what the client says that it promises. */
  readonly contract?: Partial<Contract>;
  readonly backend: Backend;
  readonly target: Target;
  readonly appliers: FaultAppliers;
  readonly clock: Clock;
  /** Where the history goes; it is closed with the run, also where the run could not begin. */
  readonly sink: HistorySink;
  /** A folder in which each session's client may keep state; it need not exist. */
  readonly stateDirectory: string;
  /** Ends the run now; its reason is recorded. What was recorded until then stands. */
  readonly signal?: AbortSignal;
};
