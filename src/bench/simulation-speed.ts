import { figureText, ratioText } from "./figures.ts";
import type { Party } from "./party.ts";
import { comparedByRound, measureInRounds, spreadOf } from "./rounds.ts";
import type { MeasuredSession } from "./simulated-sessions.ts";
import type { SimulationQuestion, SimulationResult } from "./simulations.ts";

/** How long the measurements of the simulation take. */
export type SimulationEffort = {
  readonly rounds: number;
  /** Sessions of each kind before anything is counted: the compiler takes its time over so much code. */
  readonly warmUpSessions: number;
  /** Sessions of each kind per round. */
  readonly sessions: number;
  /** Sessions for the memory. */
  readonly memorySessions: number;
  /** Every which cell of the sweep is run. */
  readonly sweepEvery: number;
  /** Sessions over real sockets. */
  readonly socketSessions: number;
};

/** A few minutes, and half an hour. */
export const SIMULATION_EFFORT: Readonly<Record<"brief" | "full", SimulationEffort>> = {
  brief: { rounds: 5, warmUpSessions: 400, sessions: 30, memorySessions: 3_000, sweepEvery: 47, socketSessions: 5 },
  full: {
    rounds: 15,
    warmUpSessions: 2_000,
    sessions: 100,
    memorySessions: 100_000,
    sweepEvery: 1,
    socketSessions: 40,
  },
};

/** Every session that is measured, the plainest first. */
export const MEASURED_SESSIONS: readonly MeasuredSession[] = (["long", "short"] as const).flatMap((length) =>
  (["clean", "cut", "toxics"] as const).map((wire) => ({ length, wire })),
);

/** The head of the table that {@link measureSimulationSpeed} fills. */
export const SIMULATION_SPEED_HEAD: readonly string[] = [
  "session",
  "sessions/s",
  "server events/s",
  "history events/s",
  "CPU ms/session",
  "sessions per CPU second",
  "against the floor of the long session",
  "all faults fired",
  "violated",
];

type Contender = { readonly name: string; readonly ask: (seed: number, sessions: number) => SimulationQuestion };

/** Runs every session and the floor in one process, in turns. */
export async function measureSimulationSpeed(
  party: Party,
  { rounds, sessions, warmUpSessions }: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  const contenders: readonly Contender[] = [
    { name: "floor: JSON and framing alone", ask: (_seed, count) => ({ kind: "floor", sessions: count }) },
    ...MEASURED_SESSIONS.map((session) => ({
      name: sessionText(session),
      ask: (seed: number, count: number) => ({ kind: "simulate", session, seed, sessions: count }) as const,
    })),
  ];
  for (const { ask } of contenders) await party.ask<SimulationResult>(ask(1, warmUpSessions));
  let seed = 1_000_000;
  const results = await measureInRounds(contenders, rounds, async ({ ask }) => {
    seed += sessions;
    return await party.ask<SimulationResult>(ask(seed, sessions));
  });
  const base = [...results.values()][0] ?? [];
  return [...results].map(([{ name }, measured]) => rowOf(name, measured, base));
}

/** For example `"long, one cut"`. */
export function sessionText({ length, wire }: MeasuredSession): string {
  return `${length}, ${{ clean: "clean", cut: "one cut", toxics: "all toxics" }[wire]}`;
}

function rowOf(
  name: string,
  results: readonly SimulationResult[],
  base: readonly SimulationResult[],
): readonly string[] {
  const median = (figure: (result: SimulationResult) => number): number => spreadOf(results.map(figure)).median;
  const sum = (figure: (result: SimulationResult) => number): number =>
    results.reduce((total, result) => total + figure(result), 0);
  const perSecond = (figure: (result: SimulationResult) => number): number =>
    median((result) => (figure(result) / result.elapsedMs) * 1_000);
  const isFloor = results === base;
  const sessions = sum((result) => result.sessions);
  return [
    name,
    figureText(perSecond((result) => result.sessions)),
    isFloor ? "–" : figureText(perSecond((result) => result.serverEvents)),
    isFloor ? "–" : figureText(perSecond((result) => result.historyEvents)),
    figureText(median(processorMsOf)),
    figureText(median((result) => 1_000 / processorMsOf(result))),
    ratioText(comparedByRound(results, base, (one, other) => processorMsOf(other) / processorMsOf(one))),
    isFloor ? "–" : `${figureText((sum((result) => result.struck) * 100) / sessions)} %`,
    isFloor ? "–" : figureText(sum((result) => result.violated)),
  ];
}

/** Processor time of one session. */
export function processorMsOf({ processorMs, sessions }: SimulationResult): number {
  return processorMs / sessions;
}
