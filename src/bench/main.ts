/**
 * `npm run bench`: measures the parts against something plain, and prints tables whose ratios hold within this run alone.
 *
 * Each part is a function that answers tables; a new one is a line in `PARTS`.
 */
import { cpus, loadavg, release } from "node:os";

import { markdownTable } from "markdown-table";

import { createSystemClock } from "../determinism/clock.ts";
import { CONTAINER_START_HEAD, measureContainerStart } from "./container-start.ts";
import { openParty } from "./party.ts";
import { measureProxyMemory, PROXY_MEMORY_HEAD } from "./proxy-memory.ts";
import { openProxyParties } from "./proxy-parties.ts";
import { measureProxySpeed, PROXY_SPEED_HEAD } from "./proxy-speed.ts";
import { measureServerSpeed, SERVER_SPEED_HEAD } from "./server-speed.ts";
import {
  measureSimulationMemory,
  measureSimulationScale,
  SIMULATION_MEMORY_HEAD,
  SIMULATION_SCALE_HEAD,
} from "./simulation-scale.ts";
import { measureSimulationSpeed, SIMULATION_EFFORT, SIMULATION_SPEED_HEAD } from "./simulation-speed.ts";
import { measureAgainstToxiproxy, TOXIPROXY_MEMORY_HEAD, TOXIPROXY_SPEED_HEAD } from "./toxiproxy-speed.ts";

/** A title and the rows below it, the head first. */
type Table = { readonly title: string; readonly rows: readonly (readonly string[])[] };

/** How much time a run of the benchmark takes: `full` is for the figures that need many sessions. */
type Mode = "brief" | "full";

const PARTS: Readonly<Record<string, (mode: Mode) => Promise<readonly Table[]>>> = {
  proxy: benchProxy,
  server: benchServer,
  simulation: benchSimulation,
};

/** What needs a container engine, and is measured alone. */
const DOCKER_PARTS: typeof PARTS = { docker: benchDocker };

const FULL_FLAG = "--full";
const DOCKER_FLAG = "--docker";

async function benchProxy(): Promise<readonly Table[]> {
  const parties = await openProxyParties();
  const memory = await measureProxyMemory(parties);
  const speed = await measureProxySpeed(parties);
  parties.close();
  return [
    { title: "Proxy: speed", rows: [PROXY_SPEED_HEAD, ...speed] },
    { title: "Proxy: memory", rows: [PROXY_MEMORY_HEAD, ...memory] },
  ];
}

async function benchServer(): Promise<readonly Table[]> {
  return [{ title: "Responses server: tool turns", rows: [SERVER_SPEED_HEAD, ...(await measureServerSpeed())] }];
}

async function benchSimulation(mode: Mode): Promise<readonly Table[]> {
  const effort = SIMULATION_EFFORT[mode];
  const parties = [await openParty("simulation"), await openParty("simulation")] as const;
  const speed = await measureSimulationSpeed(parties[0], effort);
  const memory = await measureSimulationMemory(parties[0], effort);
  const scale = await measureSimulationScale(parties, effort);
  for (const party of parties) party.close();
  return [
    { title: "Simulation: speed on one core", rows: [SIMULATION_SPEED_HEAD, ...speed] },
    { title: "Simulation: memory over many sessions", rows: [SIMULATION_MEMORY_HEAD, ...memory] },
    { title: "Simulation: two cores, a sweep, real sockets", rows: [SIMULATION_SCALE_HEAD, ...scale] },
  ];
}

async function benchDocker(): Promise<readonly Table[]> {
  const start = await measureContainerStart();
  const { speed, memory } = await measureAgainstToxiproxy();
  return [
    { title: "Containers: time", rows: [CONTAINER_START_HEAD, ...start] },
    { title: "Against the real Toxiproxy: speed", rows: [TOXIPROXY_SPEED_HEAD, ...speed] },
    { title: "Against the real Toxiproxy: memory", rows: [TOXIPROXY_MEMORY_HEAD, ...memory] },
  ];
}

function machineText(): string {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(1));
  return (
    `${createSystemClock().wallTime()} · Node ${process.version} · ${process.platform} ${release()} · ` +
    `${processors.length} × ${processors[0]?.model ?? "unknown processor"} · load ${load.join(" ")}`
  );
}

async function bench(args: readonly string[]): Promise<number> {
  const mode = args.includes(FULL_FLAG) ? "full" : "brief";
  const parts = args.includes(DOCKER_FLAG) ? DOCKER_PARTS : PARTS;
  const names = args.filter((arg) => arg !== FULL_FLAG && arg !== DOCKER_FLAG);
  const unknown = names.find((name) => parts[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`There is no part "${unknown}" to measure. Parts: ${Object.keys(parts).join(", ")}.\n`);
    return 3;
  }
  process.stdout.write(`${machineText()}\n`);
  for (const [name, measure] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    for (const { title, rows } of await measure(mode)) {
      process.stdout.write(`\n${title}\n\n${markdownTable(rows.map((row) => [...row]))}\n`);
    }
  }
  process.stdout.write(`\n${machineText()}\n`);
  return 0;
}

process.exitCode = await bench(process.argv.slice(2));
