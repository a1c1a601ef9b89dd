import { type MapRow, mapSweep } from "../explore/sweep-map.ts";
import type { SweepSpace } from "../explore/sweep-space.ts";
import type { UnitResult } from "../explore/unit-result.ts";
import type { Paint } from "../report/reporter.ts";
import { number, plural } from "./search-words.ts";
import { wrapWords } from "./wrap-words.ts";

const WIDTH = 116;

/** The map of a session, in lines: each direction with its cuts, and then the faults at points, those that hold together. */
export function printSweepMap(space: SweepSpace, results: readonly UnitResult[], paint: Paint): readonly string[] {
  const rows = mapSweep(space, results);
  const bytes = rows.filter(({ kind }) => kind === "bytes");
  const points = rows.filter(({ kind }) => kind === "points");
  return [
    paint.strong(`cut at ${space.every === 1 ? "every byte" : `every ${space.every}th byte`} of the connection`),
    ...lanesOf(bytes).flatMap((lane) => [
      `  ${lane}`,
      ...bytes.filter((row) => row.lane === lane).map((row) => `    ${byteRow(row, paint)}`),
    ]),
    paint.strong("faults at the protocol points"),
    ...pointLines(points, paint),
  ];
}

function lanesOf(rows: readonly MapRow[]): readonly string[] {
  return [...new Set(rows.map(({ lane }) => lane))];
}

function byteRow(row: MapRow, paint: Paint): string {
  const place = row.cells === 1 ? row.from : `${row.from} … ${row.to}`;
  return `${place} (${plural(row.cells, "cell")}): ${outcomeWords(row, paint)}`;
}

function pointLines(rows: readonly MapRow[], paint: Paint): readonly string[] {
  const held = rows.filter(({ outcome }) => outcome === "holds").reduce((sum, { cells }) => sum + cells, 0);
  const others = rows.filter(({ outcome }) => outcome !== "holds");
  return [
    `  ${paint.good("holds")} in ${number(held)} of ${number(rows.reduce((sum, { cells }) => sum + cells, 0))} cells`,
    ...others
      .filter(({ outcome }) => outcome !== "missed")
      .map((row) => `  ${row.lane} at ${placesOf(row)}: ${outcomeWords(row, paint)}`),
    ...missedLine(others.filter(({ outcome }) => outcome === "missed")),
  ];
}

function missedLine(rows: readonly MapRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.reduce((sum, row) => sum + row.cells, 0);
  const text = `${plural(cells, "cell")} in which nothing was struck: ${lanesOf(rows).join("; ")}`;
  return [`  ${wrapWords(text, { width: WIDTH, indent: 4 })}`];
}

function placesOf(row: MapRow): string {
  return row.cells === 1 ? row.from : `${row.from} … ${row.to} (${plural(row.cells, "cell")})`;
}

function outcomeWords({ outcome, rules, smallest }: MapRow, paint: Paint): string {
  switch (outcome) {
    case "holds":
      return paint.good("holds");
    case "missed":
      return paint.doubtful("nothing was struck");
    case "undecided":
      return paint.doubtful(`undecided: ${rules.join(", ")}`);
    case "violated": {
      const witness =
        smallest === undefined ? "" : `; smallest witness ${plural(smallest.events, "event")}, cell ${smallest.cell}`;
      return paint.bad(`${rules.join(", ")} violated${witness}`);
    }
  }
}
