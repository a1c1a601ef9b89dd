import { figureText, mebibytesText, ratioText } from "./figures.ts";
import type { Memory, Party } from "./party.ts";
import { comparedByRound, measureInRounds, spreadOf } from "./rounds.ts";
import type { MeasuredSession } from "./simulated-sessions.ts";
import { MEASURED_SESSIONS, processorMsOf, sessionText, type SimulationEffort } from "./simulation-speed.ts";
import type { SimulationQuestion, SimulationResult, SweepResult } from "./simulations.ts";

const LONG: MeasuredSession = { length: "long", wire: "clean" };

/** The head of the table that {@link measureSimulationScale} fills. */
export const SIMULATION_SCALE_HEAD: readonly string[] = ["what", "came to"];

/** The head of the table that {@link measureSimulationMemory} fills. */
export const SIMULATION_MEMORY_HEAD: readonly string[] = ["after", "heap, MiB", "RSS, MiB"];

/** Two processes at once, the sweep in both of them, and the same session over real sockets. */
export async function measureSimulationScale(
  [one, other]: readonly [Party, Party],
  effort: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  return [
    ...(await measureTwoCores([one, other], effort)),
    ...(await measureSweep([one, other], effort)),
    ...(await measureSockets(one, effort)),
  ];
}

async function measureTwoCores(
  parties: readonly [Party, Party],
  { rounds, sessions, warmUpSessions }: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  const ask = async (party: Party, count: number): Promise<SimulationResult> =>
    await party.ask({ kind: "simulate", session: LONG, seed: 1, sessions: count } satisfies SimulationQuestion);
  const [, second] = parties;
  await ask(second, warmUpSessions * 2);
  const ways = [[parties[0]], parties];
  const results = await measureInRounds(ways, rounds, async (way) => {
    const measured = await Promise.all(way.map(async (party) => await ask(party, sessions * 2)));
    return measured.reduce((sum, result) => sum + (result.sessions / result.elapsedMs) * 1_000, 0);
  });
  const [alone = [], both = []] = results.values();
  return [
    ["long, clean: sessions/s of one process", figureText(spreadOf(alone).median)],
    ["long, clean: sessions/s of two processes at once", figureText(spreadOf(both).median)],
    ["two processes against one", ratioText(comparedByRound(both, alone, (two, single) => two / single))],
  ];
}

async function measureSweep(
  parties: readonly Party[],
  { sweepEvery }: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  const results = await Promise.all(
    parties.map(async (party, index) => {
      const place = { first: index * sweepEvery, every: sweepEvery * parties.length };
      return await party.ask<SweepResult>({ kind: "sweep", ...place } satisfies SimulationQuestion);
    }),
  );
  const cells = results[0]?.cells ?? 0;
  const run = results.reduce((sum, { sessions }) => sum + sessions, 0);
  const elapsedMs = Math.max(...results.map((result) => result.elapsedMs));
  const processorMs = results.reduce((sum, result) => sum + result.processorMs, 0);
  const wholeSeconds = ((elapsedMs / 1_000) * cells) / run;
  const share = run === cells ? "" : `, reckoned from ${figureText(run)} of its cells`;
  return [
    ["one tool: cells of its sweep", figureText(cells)],
    [`one tool: the whole sweep in two processes, s${share}`, figureText(wholeSeconds)],
    ["one tool: CPU ms per cell", figureText(processorMs / run)],
    ["one tool: cells with a violation", figureText(results.reduce((sum, result) => sum + result.violated, 0))],
  ];
}

async function measureSockets(
  party: Party,
  { socketSessions }: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for (const session of MEASURED_SESSIONS.filter(({ wire }) => wire !== "toxics")) {
    const ask = async (kind: "simulate" | "embedded", sessions: number): Promise<SimulationResult> =>
      await party.ask({ kind, session, seed: 5_000_000, sessions } satisfies SimulationQuestion);
    const real = await ask("embedded", socketSessions);
    const simulated = await ask("simulate", socketSessions * 4);
    const ratio = (real.elapsedMs / real.sessions / simulated.elapsedMs) * simulated.sessions;
    rows.push([
      `${sessionText(session)}: sessions/s over real sockets, one after the other`,
      figureText((real.sessions / real.elapsedMs) * 1_000),
    ]);
    rows.push([`${sessionText(session)}: simulated against real sockets`, `${figureText(ratio)} ×`]);
    rows.push([`${sessionText(session)}: CPU ms over real sockets`, figureText(processorMsOf(real))]);
  }
  return rows;
}

/** Runs many sessions of all kinds in a process, and looks at its memory on the way, each time after a collection. */
export async function measureSimulationMemory(
  party: Party,
  { memorySessions }: SimulationEffort,
): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  const measured: { readonly sessions: number; readonly memory: Memory }[] = [];
  const kinds = MEASURED_SESSIONS.filter(({ length }) => length === "short");
  let sessions = 0;
  for (let part = 1; part <= 5; part += 1) {
    for (const session of kinds) {
      const count = Math.floor(memorySessions / 5 / kinds.length);
      await party.ask({ kind: "simulate", session, seed: sessions, sessions: count } satisfies SimulationQuestion);
      sessions += count;
    }
    const memory = await party.memory();
    measured.push({ sessions, memory });
    rows.push([`${sessions} sessions`, mebibytesText(memory.heapBytes), mebibytesText(memory.rssBytes)]);
  }
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) return rows;
  const growth = (last.memory.heapBytes - first.memory.heapBytes) / (last.sessions - first.sessions);
  return [...rows, ["growth since the first line, bytes per session", figureText(growth), "–"]];
}
