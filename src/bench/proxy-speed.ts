import { differenceText, figureText, ratioText } from "./figures.ts";
import type { Load, LoadQuestion, LoadResult } from "./load.ts";
import type { ProxyParties, Route } from "./proxy-parties.ts";
import { comparedByRound, measureInRounds, spreadOf } from "./rounds.ts";

type Case = Pick<Load, "sizeBytes" | "inFlight"> & { readonly connections: number };

/** What one round of one route came to. */
type Round = LoadResult & {
  /** Processor time of the proxy per message there and back; 0 without a proxy. */
  readonly processorUs: number;
};

const KIB = 1024;
const CASES: readonly Case[] = [
  { sizeBytes: 200, connections: 1, inFlight: 1 },
  { sizeBytes: 200, connections: 200, inFlight: 1 },
  { sizeBytes: 64 * KIB, connections: 1, inFlight: 1 },
  { sizeBytes: 64 * KIB, connections: 200, inFlight: 1 },
  { sizeBytes: 64 * KIB, connections: 1, inFlight: 16 },
];

const ROUNDS = 15;
const WARM_UP_MS = 60;
const MEASURE_MS = 240;
/** Long enough for the optimising compiler, once for each route and case. */
const FIRST_WARM_UP_MS = 700;

/** The head of the table that {@link measureProxySpeed} fills. */
export const PROXY_SPEED_HEAD: readonly string[] = [
  "messages",
  "way",
  "round trips/s",
  "MiB/s each way",
  "against pipe",
  "p50 µs (added)",
  "p99 µs (added)",
  "CPU µs/round trip",
  "CPU against pipe",
];

/** Measures every way in every case; a row for each. */
export async function measureProxySpeed(parties: ProxyParties): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for (const workload of CASES) rows.push(...(await measureCase(parties, workload)));
  return rows;
}

async function measureCase(parties: ProxyParties, workload: Case): Promise<readonly (readonly string[])[]> {
  const { client, direct, pipe, proxies } = parties;
  const routes = [direct, pipe, ...proxies];
  const ask = async <Answer>(question: LoadQuestion): Promise<Answer> => await client.ask<Answer>(question);
  for (const { port } of routes) await ask({ kind: "open", port, connections: workload.connections });
  const run = async (route: Route, warmUpMs: number, measureMs: number): Promise<Round> => {
    const before = (await route.proxy?.processorMs()) ?? 0;
    const result = await ask<LoadResult>({ kind: "run", port: route.port, ...workload, warmUpMs, measureMs });
    const after = (await route.proxy?.processorMs()) ?? 0;
    return { ...result, processorUs: ((after - before) * 1000) / result.roundTrips };
  };
  for (const route of routes) await run(route, FIRST_WARM_UP_MS, 0);
  const results = await measureInRounds(routes, ROUNDS, async (route) => await run(route, WARM_UP_MS, MEASURE_MS));
  for (const { port } of routes) await ask({ kind: "close", port });
  const roundsOf = (route: Route): readonly Round[] => results.get(route) ?? [];
  return routes.map((route) =>
    rowOf({ workload, route, rounds: roundsOf(route), direct: roundsOf(direct), pipe: roundsOf(pipe) }),
  );
}

type Measured = {
  readonly workload: Case;
  readonly route: Route;
  readonly rounds: readonly Round[];
  readonly direct: readonly Round[];
  readonly pipe: readonly Round[];
};

function rowOf({ workload, route, rounds, direct, pipe }: Measured): readonly string[] {
  const median = (figure: (round: Round) => number): number => spreadOf(rounds.map(figure)).median;
  const added = (figure: (round: Round) => number): number =>
    comparedByRound(rounds, direct, (one, other) => figure(one) - figure(other)).median;
  const againstPipe = (figure: (round: Round) => number): string =>
    ratioText(comparedByRound(rounds, pipe, (one, other) => figure(one) / figure(other)));
  const speed = median((round) => round.roundTripsPerSecond);
  const delay = (figure: (round: Round) => number): string =>
    workload.inFlight > 1
      ? "–"
      : `${figureText(median(figure))}${route.proxy === undefined ? "" : ` (${differenceText(added(figure))})`}`;
  return [
    caseText(workload),
    route.name,
    figureText(speed),
    figureText((speed * workload.sizeBytes) / KIB ** 2),
    againstPipe((round) => round.roundTripsPerSecond),
    delay((round) => round.p50Us),
    delay((round) => round.p99Us),
    route.proxy === undefined ? "–" : figureText(median((round) => round.processorUs)),
    route.proxy === undefined ? "–" : againstPipe((round) => round.processorUs),
  ];
}

function caseText({ sizeBytes, connections, inFlight }: Case): string {
  const size = sizeBytes < KIB ? `${sizeBytes} B` : `${sizeBytes / KIB} KiB`;
  const depth = inFlight === 1 ? "" : `, ${inFlight} in flight`;
  return `${size} × ${connections}${depth}`;
}
