import type { SessionScript } from "../protocol/model-script.ts";

/** What a turn client can be told. */
export type TurnQuestion =
  /** Takes one turn and answers its frames: those up to the first terminal one, and those behind. */
  | { readonly kind: "record"; readonly url: string }
  | { readonly kind: "run"; readonly url: string; readonly warmUpMs: number; readonly measureMs: number };

/** The frames of a server for the two creates of a turn. */
export type RecordedTurn = readonly [call: readonly string[], text: readonly string[]];

/** What came of a load of turns. */
export type TurnResult = {
  readonly turnsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Those of the warm-up included: what the processor time of a server is to be divided by. */
  readonly turns: number;
};

/** What the user says in the turn that is measured. */
export const USER_TEXT = "Which seat is free?";

/** Into how many deltas the model cuts what it says. */
const DELTAS = 20;

/** A turn with one tool call, then a text. */
export const TOOL_TURN: SessionScript = {
  turns: [
    {
      userText: USER_TEXT,
      script: {
        steps: [
          { calls: [{ operation: "look", arguments: { flight: "LH 123", row: "any" } }], deltas: DELTAS },
          { text: "Seat 12A is free, and so is the one beside it. Shall I book it?", deltas: DELTAS },
        ],
      },
    },
  ],
};
