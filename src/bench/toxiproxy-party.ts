import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { freePort, TOXIPROXY_IMAGE, untilToxiproxyAnswers } from "../house/local-toxiproxy.ts";
import type { Party } from "./party.ts";

/** A real Toxiproxy, as a process on this host. */
export type ToxiproxyParty = { readonly party: Party; readonly apiUrl: string };

const run = promisify(execFile);
/** Ticks of the kernel's clock per second in what /proc tells, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MS_PER_SECOND = 1_000;
const BYTES_PER_KIB = 1_024;

/** Takes the program out of Toxiproxy's image and starts it beside our own processes, so that both stand alike. */
export async function openToxiproxyParty(): Promise<ToxiproxyParty> {
  const folder = mkdtempSync(join(tmpdir(), "cutwire-bench-"));
  const program = join(folder, "toxiproxy");
  const { stdout } = await run("docker", ["create", TOXIPROXY_IMAGE]);
  await run("docker", ["cp", `${stdout.trim()}:/toxiproxy`, program]);
  await run("docker", ["rm", stdout.trim()]);
  const port = await freePort();
  const child = spawn(program, ["-host=127.0.0.1", `-port=${port}`], { stdio: "ignore" });
  await once(child, "spawn");
  rmSync(folder, { recursive: true });
  const apiUrl = `http://127.0.0.1:${port}`;
  await untilToxiproxyAnswers(apiUrl);
  const told = (file: string): string => readFileSync(`/proc/${child.pid ?? 0}/${file}`, "utf8");
  return {
    apiUrl,
    party: {
      ask: async () => await Promise.reject(new Error("Toxiproxy is asked over its API")),
      processorMs: async () => await Promise.resolve(processorMs(told("stat"))),
      memory: async () =>
        await Promise.resolve({ rssBytes: residentBytes(told("status")), heapBytes: 0, externalBytes: 0 }),
      close: () => void child.kill(),
    },
  };
}

/** User and system time: the 12th and 13th field behind the name. */
function processorMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * MS_PER_SECOND) / TICKS_PER_SECOND;
}

function residentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * BYTES_PER_KIB;
}
