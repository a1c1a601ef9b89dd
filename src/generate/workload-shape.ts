import fc from "fast-check";

import type { ModelStep, ScriptedTurn, SessionScript } from "../protocol/model-script.ts";
import { DEFAULT_DELTAS } from "../protocol/model-script.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** A turn in few numbers, so that it can shrink to the smallest one that still fails. */
export type TurnShape = {
  /** How many calls the model makes at once, 0..3; 0 is a turn of text alone. */
  readonly calls: number;
  /** Into how many deltas texts and arguments are cut, 1..6. */
  readonly deltas: number;
  /** How long each tool works, one of {@link TOOL_DURATIONS_MS}. */
  readonly toolDurationMs: number;
  /** Whether the arguments of several calls alternate. */
  readonly interleaved: boolean;
  readonly reasoning: boolean;
};

/** How long tools work in generated plans. */
export const TOOL_DURATIONS_MS: readonly number[] = [0, 20, 60];

const CALLS_MAX = 3;
const DELTAS_MAX = 6;
const REASONING = "Let me think about that.";

/** Generates the shape of one turn. */
export function turnShapeArbitrary(): fc.Arbitrary<TurnShape> {
  return fc.record({
    calls: fc.integer({ min: 0, max: CALLS_MAX }),
    deltas: fc.integer({ min: 1, max: DELTAS_MAX }),
    toolDurationMs: fc.constantFrom(...TOOL_DURATIONS_MS),
    interleaved: fc.boolean(),
    reasoning: fc.boolean(),
  });
}

/** The session that shapes stand for. */
export function sessionOfShapes(shapes: readonly TurnShape[]): SessionScript {
  return { turns: shapes.map(turnOfShape) };
}

/**
 * The shapes that a session was made from.
 *
 * @throws TypeError where it was not made from shapes: such a session cannot be shrunk by the generator
 */
export function shapesOfSession(session: SessionScript): TurnShape[] {
  return session.turns.map((turn, index) => {
    const shape = shapeOfTurn(turn);
    if (JSON.stringify(turnOfShape(shape, index)) === JSON.stringify(turn)) return shape;
    throw new TypeError(`turn ${index} was not generated`);
  });
}

function turnOfShape(shape: TurnShape, turn: number): ScriptedTurn {
  const reasoning = shape.reasoning ? { reasoning: REASONING } : {};
  const calls: ModelStep = {
    ...reasoning,
    calls: Array.from({ length: shape.calls }, (_, call) => ({
      operation: `turn-${turn}-call-${call}`,
      arguments: { detail: `grün ${"x".repeat(8)}` },
      toolDurationMs: shape.toolDurationMs,
    })),
    deltas: shape.deltas,
    interleaved: shape.interleaved,
  };
  const text: ModelStep = {
    ...reasoning,
    text: `The answer of turn ${turn} is here, and it is complete.`,
    deltas: shape.deltas,
  };
  return { userText: `Turn ${turn}: go on, please.`, script: { steps: shape.calls === 0 ? [text] : [calls, text] } };
}

function shapeOfTurn({ script }: ScriptedTurn): TurnShape {
  const [first] = script.steps;
  return {
    calls: first?.calls?.length ?? 0,
    deltas: first?.deltas ?? DEFAULT_DELTAS,
    toolDurationMs: first?.calls?.[0]?.toolDurationMs ?? 0,
    interleaved: first?.interleaved ?? false,
    reasoning: first?.reasoning !== undefined,
  };
}

/** A protocol point, and which of its occurrences a fault can wait for: `first` and the `times - 1` behind it. */
export type ReachablePoint = { readonly point: ProtocolPoint; readonly first: number; readonly times: number };

/** The protocol points that an undisturbed session of these shapes reaches, in their order. */
export function reachablePoints(shapes: readonly TurnShape[]): readonly ReachablePoint[] {
  return countPoints(shapes).flatMap(([point, times]) => (times > 0 ? [{ point, first: 1, times }] : []));
}

/** The points that it reaches when a function call was finished: the whole turn of the first call, and what follows. */
export function pointsBehindCall(shapes: readonly TurnShape[]): readonly ReachablePoint[] {
  const firstCall = shapes.findIndex(({ calls }) => calls > 0);
  if (firstCall === -1) return [];
  const before = new Map(countPoints(shapes.slice(0, firstCall)));
  const inTurn = new Map(countPoints(shapes.slice(firstCall, firstCall + 1)));
  return reachablePoints(shapes).flatMap(({ point, times }) => {
    const passed = (before.get(point) ?? 0) + (BEFORE_ITS_CALL.includes(point) ? (inTurn.get(point) ?? 0) : 0);
    return times > passed ? [{ point, first: passed + 1, times: times - passed }] : [];
  });
}

/** What a turn passes before its first call is finished. */
const BEFORE_ITS_CALL: readonly ProtocolPoint[] = ["P0", "P1", "P2", "P3", "P4", "P5"];

function countPoints(shapes: readonly TurnShape[]): readonly (readonly [ProtocolPoint, number])[] {
  const sum = (count: (shape: TurnShape) => number): number => shapes.reduce((total, shape) => total + count(shape), 0);
  const turns = shapes.length;
  const toolTurns = sum(({ calls }) => Math.min(calls, 1));
  const calls = sum((shape) => shape.calls);
  const connections = Math.min(turns, 1);
  return [
    ["P0", connections],
    ["P1", connections],
    ["P2", turns],
    ["P3", turns],
    ["P4", calls],
    ["P5", sum((shape) => shape.calls * shape.deltas)],
    ["P6", calls],
    ["P7", toolTurns],
    ["P8", calls],
    ["P9", calls],
    ["P10", toolTurns],
    ["P11", toolTurns],
    ["P12", sum(({ deltas }) => deltas)],
    ["P13", turns],
    ["P14", turns],
  ];
}
