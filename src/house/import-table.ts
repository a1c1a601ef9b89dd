const STAND_ALONE = ["protocol", "tcp-proxy", "responses-server", "responses-client", "simulation"];
const STAGES = [...STAND_ALONE, "plan", "history", "configuration"];
const OUTER_STAGES = ["generate", "run", "check", "reproduce", "explore", "report", "suite", "properties", "vitest"];
const EVERY_STAGE = [...STAGES, ...OUTER_STAGES];
const WHAT_JUDGES_A_RUN = ["generate", "reproduce", "run", "check", "history", "plan"];

/** What every part may import besides its row. */
export const FOUNDATION: readonly string[] = ["errors", "determinism"];

/**
 * Which part of src may import which, besides {@link FOUNDATION} and itself. A part is a folder of src, or a file that
 * stands right in it, named without its ending.
 *
 * The pipeline runs one way: plan, run, history, check, report. `check` and `report` never import `run`, so that a
 * saved history can be judged again without it.
 */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  determinism: [],
  protocol: [],
  "tcp-proxy": [],
  simulation: [],
  "responses-server": ["protocol"],
  "responses-client": ["protocol"],
  plan: ["protocol"],
  history: ["plan", "protocol"],
  configuration: ["plan"],
  generate: ["plan", "protocol"],
  check: ["plan", "history", "protocol"],
  run: ["plan", "history", "protocol", "tcp-proxy", "responses-server", "responses-client", "simulation"],
  reproduce: ["run", "check", "history", "plan"],
  explore: ["generate", "reproduce", "run", "check", "history", "plan"],
  report: ["check", "history", "plan"],
  suite: ["reproduce", "run", "check", "history", "plan", "protocol", "report"],
  properties: WHAT_JUDGES_A_RUN,
  vitest: [...WHAT_JUDGES_A_RUN, "properties", "configuration", "explore", "report", "suite", "built-ins"],
  "built-ins": EVERY_STAGE,
  library: [...EVERY_STAGE, "built-ins"],
  index: [...EVERY_STAGE, "built-ins", "library"],
  contracts: [...EVERY_STAGE, "built-ins"],
  cli: [...EVERY_STAGE, "built-ins", "index"],
  // Measures the parts against something plain; nobody imports it, and it is not shipped.
  bench: [...EVERY_STAGE, "built-ins", "cli", "house"],
  house: [],
};

/** A folder of plug-ins: each entry in it, a file with its test or a folder, is one plug-in. */
export type PlugInFolder = {
  /** For example `"src/check/checkers/"`. */
  readonly path: string;
  /** Who names the plug-ins one by one: `built-ins.ts`, or the part itself where it is complete without the others. */
  readonly namedBy: "built-ins" | "own part";
};

/** Every folder of plug-ins. A plug-in imports its stage, never another plug-in. */
export const PLUG_IN_FOLDERS: readonly PlugInFolder[] = [
  { path: "src/plan/faults/", namedBy: "own part" },
  { path: "src/tcp-proxy/toxics/", namedBy: "own part" },
  { path: "src/run/backends/", namedBy: "built-ins" },
  { path: "src/run/clients/", namedBy: "built-ins" },
  { path: "src/run/targets/", namedBy: "built-ins" },
  { path: "src/run/faults/", namedBy: "built-ins" },
  { path: "src/check/checkers/", namedBy: "built-ins" },
  { path: "src/report/reporters/", namedBy: "built-ins" },
];

/** The folders that stand outside of src and use the package as its users do: by its public entry points. */
export const PUBLIC_FOLDERS: readonly string[] = ["properties", "scenarios", "examples"];
