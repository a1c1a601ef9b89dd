import { figureText, ratioText } from "./figures.ts";
import { openParty, type Party } from "./party.ts";
import { comparedByRound, measureInRounds, spreadOf } from "./rounds.ts";
import type { RecordedTurn, TurnQuestion, TurnResult } from "./turns.ts";

/** A server under load. */
type Contender = { readonly name: string; readonly party: Party; readonly url: string };

/** What one round of one server came to. */
type Round = TurnResult & { readonly processorUs: number };

const ROUNDS = 15;
const WARM_UP_MS = 150;
const MEASURE_MS = 600;
const FIRST_WARM_UP_MS = 1_500;

/** The head of the table that {@link measureServerSpeed} fills. */
export const SERVER_SPEED_HEAD: readonly string[] = [
  "server",
  "tool turns/s",
  "events/s",
  "against framing alone",
  "p50 ms",
  "p99 ms",
  "CPU µs/turn",
  "turns per CPU second",
  "CPU against framing alone",
];

/** Has tool turns with the reference server and with one that only parses, prints and frames the same events. */
export async function measureServerSpeed(): Promise<readonly (readonly string[])[]> {
  const reference = await openParty("responses-server");
  const framing = await openParty("framing-server");
  const client = await openParty("turn-client");
  const { url } = await reference.ask<{ url: string }>({});
  const turn = await client.ask<RecordedTurn>({ kind: "record", url } satisfies TurnQuestion);
  const contenders: readonly Contender[] = [
    { name: "framing alone", party: framing, ...(await framing.ask<{ url: string }>({ turn })) },
    { name: "cutwire", party: reference, url },
  ];
  const run = async (contender: Contender, warmUpMs: number, measureMs: number): Promise<Round> => {
    const before = await contender.party.processorMs();
    const question: TurnQuestion = { kind: "run", url: contender.url, warmUpMs, measureMs };
    const result = await client.ask<TurnResult>(question);
    return { ...result, processorUs: (((await contender.party.processorMs()) - before) * 1000) / result.turns };
  };
  for (const contender of contenders) await run(contender, FIRST_WARM_UP_MS, 0);
  const results = await measureInRounds(contenders, ROUNDS, async (one) => await run(one, WARM_UP_MS, MEASURE_MS));
  for (const party of [client, reference, framing]) party.close();
  const base = [...results.values()][0] ?? [];
  return [...results].map(([{ name }, rounds]) => rowOf({ name, rounds, base, events: turn.flat().length }));
}

type Measured = {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly base: readonly Round[];
  /** Server events of one turn. */
  readonly events: number;
};

function rowOf({ name, rounds, base, events }: Measured): readonly string[] {
  const median = (figure: (round: Round) => number): number => spreadOf(rounds.map(figure)).median;
  const against = (figure: (round: Round) => number): string =>
    ratioText(comparedByRound(rounds, base, (one, other) => figure(one) / figure(other)));
  const turnsPerSecond = median((round) => round.turnsPerSecond);
  return [
    name,
    figureText(turnsPerSecond),
    figureText(turnsPerSecond * events),
    against((round) => round.turnsPerSecond),
    figureText(median((round) => round.p50Ms)),
    figureText(median((round) => round.p99Ms)),
    figureText(median((round) => round.processorUs)),
    figureText(1_000_000 / median((round) => round.processorUs)),
    against((round) => round.processorUs),
  ];
}
