import type { SurfaceEvent, TurnResult } from "../client.ts";
import type { ToolDescription } from "../tool-ledger.ts";

/** What the harness tells the process that runs the client under test. `request` numbers join an answer to its question. */
export type ToHostMessage =
  | { readonly kind: "load"; readonly module: string }
  | {
      readonly kind: "open";
      readonly request: number;
      readonly session: number;
      readonly baseUrl: string;
      readonly apiKey: string;
      readonly model: string;
      readonly tools: readonly ToolDescription[];
      readonly stateDirectory: string;
    }
  | { readonly kind: "run-turn"; readonly request: number; readonly session: number; readonly userText: string }
  | { readonly kind: "abort-turn"; readonly session: number }
  | { readonly kind: "close"; readonly request: number; readonly session: number }
  | { readonly kind: "tool-output"; readonly call: number; readonly output: string };

/** What that process tells the harness. */
export type FromHostMessage =
  /** The host listens. */
  | { readonly kind: "ready" }
  | { readonly kind: "loaded"; readonly name: string; readonly contract: unknown }
  | {
      readonly kind: "load-failed";
      readonly code: "HARNESS_INVALID_CLIENT" | "HARNESS_MISSING_PACKAGE";
      readonly message: string;
    }
  | { readonly kind: "answered"; readonly request: number; readonly result?: TurnResult }
  /** `open`, `runTurn` or `close` of the client threw. */
  | { readonly kind: "threw"; readonly request: number; readonly message: string }
  | {
      readonly kind: "tool-call";
      readonly call: number;
      readonly session: number;
      readonly name: string;
      readonly argumentsJson: string;
    }
  | { readonly kind: "surface"; readonly session: number; readonly event: SurfaceEvent };
