import type { SurfaceEvent, TurnResult } from "./client.ts";
import type { ToolDescription } from "./tool-ledger.ts";

/** How a process ended. */
export type ProcessExit = { readonly code: number | null; readonly signal: string | null };

/** What a client tells of itself while it runs. */
export type ClientListener = {
  onSurface(session: number, event: SurfaceEvent): void;
  onOutput(stream: "stdout" | "stderr", text: string): void;
  onToolCall(session: number, name: string, argumentsJson: string): Promise<string>;
  onExit(exit: ProcessExit & { readonly expected: boolean }): void;
};

/** A session to be opened. */
export type HostedSessionOptions = {
  readonly session: number;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly tools: readonly ToolDescription[];
  readonly stateDirectory: string;
};

/** What a client answered, or how it failed to. */
export type ClientAnswer =
  | { readonly kind: "answered"; readonly result?: TurnResult }
  | { readonly kind: "threw"; readonly message: string }
  | { readonly kind: "exited" };

/** A client under test that is loaded, wherever it runs; whatever it does wrong is an answer or an event. */
export type RunningClient = {
  readonly name: string;
  /** What the client says that it promises, unchecked. */
  readonly contract: unknown;
  /** Hands on what the client does; called once, before the first session is opened. */
  listen(listener: ClientListener): void;
  openSession(session: HostedSessionOptions): Promise<ClientAnswer>;
  runTurn(session: number, userText: string): Promise<ClientAnswer>;
  abortTurn(session: number): void;
  closeSession(session: number): Promise<ClientAnswer>;
  /** Steps the wall clock that its code sees, by milliseconds; false where it is gone. Absent where nobody can. */
  stepWallClock?(byMs: number): boolean;
  /** Ends it, by force if need be, and resolves when it is gone. */
  end(): Promise<void>;
};
