/** A planted bug, and the smallest scenario that shows it. */
export type PlantedBug = {
  readonly client: string;
  /** The rule that it is there for, then others of which it is convicted there every time. */
  readonly rules: readonly [own: string, ...others: string[]];
  /** Its file in this folder. */
  readonly scenario: string;
};

function bug(client: string, scenario: string, ...rules: PlantedBug["rules"]): PlantedBug {
  return { client: `planted:${client}`, rules, scenario };
}

/** Bugs of what is said and done, which a busy machine cannot hide. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  bug("M01", "rst-after-output-sent", "INV-04", "INV-13", "INV-24"),
  bug("M02", "previous-response-not-found", "INV-14"),
  bug("M03", "close-1001-while-tool-runs", "INV-12"),
  bug("M04", "close-1012-while-tool-runs", "INV-13"),
  bug("M08", "call-delivered-twice", "INV-01"),
  bug("M09", "rst-while-tool-runs", "INV-03"),
  bug("M11", "cut-after-call-done", "INV-02", "INV-03"),
  bug("M12", "fin-inside-arguments", "INV-05"),
  bug("M13", "close-1000-mid-text", "INV-22"),
  bug("M17", "late-end-of-an-earlier-turn", "INV-17"),
  bug("M27", "rst-after-output-sent", "INV-15"),
  bug("M28", "delta-delivered-twice", "INV-19"),
  bug("M29", "fin-mid-text", "INV-20"),
];

/** Bugs of the backoff, of deadlines and of the connection, which are told by the time that something takes. */
export const PLANTED_BUGS_OF_TIMING: readonly PlantedBug[] = [
  bug("M05", "on-request/fleet-cut-at-once", "INV-32", "B3"),
  bug("M05", "reject-dials-503-twice", "INV-31", "B2"),
  bug("M06", "close-1011-behind-each-open", "INV-33", "B7"),
  bug("M07", "reject-every-dial", "INV-34", "B4"),
  bug("M18", "close-1012-while-tool-runs", "INV-29"),
  bug("M20", "half-open-mid-text", "INV-25", "INV-23"),
  bug("M21", "half-open-mid-text", "INV-25", "INV-23"),
  bug("M24", "rst-while-tool-runs", "INV-42"),
  bug("M25", "rst-while-tool-runs", "INV-36"),
  bug("M26", "rst-mid-text", "INV-27"),
  bug("M30", "rst-after-output-sent", "INV-30"),
  bug("M35", "reject-503-with-retry-after", "INV-35", "B5"),
];

/** Clients of this folder that break rules of thumb which no planted bug breaks, and the scenario that shows it. */
export const SMALL_CLIENTS: readonly PlantedBug[] = [
  { client: "./scenarios/clients/hasty.js", rules: ["B1"], scenario: "reject-dials-503-twice" },
  { client: "./scenarios/clients/stubborn.js", rules: ["B6"], scenario: "close-codes-to-respect" },
];

/** Rules that take a longer run to break than a scenario is: `small-clients.test.ts` has it. */
export const RULES_OF_LONG_RUNS: readonly string[] = ["B8"];
