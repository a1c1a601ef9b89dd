import type { Contract } from "../plan/contract.ts";
import type { JsonSchema } from "../protocol/json.ts";

/** A tool of the harness. Calling it *is* the entry in the ledger, so a client calls it exactly when it runs the tool. */
export type HarnessTool = {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  /** Runs the tool with the arguments of the call, as they came, and answers its output. It never rejects. */
  run(argumentsJson: string): Promise<string>;
};

/** What a client tells of what its user sees. */
export type SurfaceEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "text-retracted" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "gave-up"; readonly cause: string };

/** What a client gets for one session. */
export type ClientContext = {
  /** `"http://127.0.0.1:PORT/v1"`; the WebSocket URL is the same with `ws:`, and `/responses` behind it. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly tools: readonly HarnessTool[];
  /** A folder of this session's own, which survives a kill and a resume. */
  readonly stateDirectory: string;
  /** In a simulation: what survives in the place of that folder, so that a client need not touch the disk. */
  readonly memory?: Map<string, unknown>;
  report(event: SurfaceEvent): void;
};

/** How a turn ended for the user of the client. */
export type TurnResult =
  { readonly outcome: "completed"; readonly text: string } | { readonly outcome: "failed"; readonly cause: string };

/** A conversation that goes on over as many connections as it takes. */
export type ClientSession = {
  /** Says something to the model, runs the tools it asks for, and answers when the turn is over. */
  runTurn(userText: string, options: { readonly signal: AbortSignal }): Promise<TurnResult>;
  close(): Promise<void>;
};

/** A client under test, as a module exports it (`export const client`, or the default export). */
export type Client = {
  readonly name: string;
  /** What this client promises; members that are left out are those of the default contract. */
  readonly contract: Partial<Contract>;
  open(context: ClientContext): Promise<ClientSession>;
};
