import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Plan, ScheduledFault, ScriptedTurn } from "cutwire";
import { expect, type TestContext } from "vitest";

const MAIN: string = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** An empty folder, in which commands are run as a user would. */
export type Workplace = {
  readonly directory: string;
  /** Writes a file and answers its name; what is not text is written as JSON. */
  write(name: string, content: unknown): string;
  read(name: string): string;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: CommandOptions): Promise<FinishedCommand>;
  /** Starts a command. */
  start(args: readonly string[], options?: CommandOptions): RunningCommand;
  /** Everything that stands in the folder now, besides what was written to it: `[".cutwire"]` after a run. */
  strays(): readonly string[];
  /** Expects that no process of any command is left, and that the system's temporary folder was left alone. */
  expectNothingLeft(): Promise<void>;
  remove(): void;
};

/** How a command is run. */
export type CommandOptions = {
  /** Another entry point than the built one. */
  readonly main?: string;
  /** Whether it is the head of a process group, as a command is that was typed into a shell. */
  readonly detached?: boolean;
  /** What stands in its environment besides the usual. */
  readonly env?: Readonly<Record<string, string>>;
};

/** What became of a command. */
export type FinishedCommand = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};

/** A command at work. */
export type RunningCommand = {
  readonly child: ChildProcess;
  /** Its process id. */
  readonly pid: number;
  readonly finished: Promise<FinishedCommand>;
};

/** Opens an empty folder for the commands of one test; when the test is over, nothing may be left running. */
export function workplaceOf({ onTestFinished }: TestContext): Workplace {
  const place = openWorkplace();
  onTestFinished(async () => {
    await place.expectNothingLeft();
    place.remove();
  });
  return place;
}

/** Opens an empty folder for commands. */
export function openWorkplace(): Workplace {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "cutwire-command-")));
  const temporary = join(directory, "tmp");
  mkdirSync(temporary);
  const written = new Set(["tmp"]);
  const mark = `${process.pid}-${directory}`;
  const start = (args: readonly string[], options: CommandOptions = {}): RunningCommand => {
    const startedMs = performance.now();
    const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
      detached: options.detached ?? false,
      env: { PATH: process.env["PATH"], HOME: directory, TMPDIR: temporary, [MARK]: mark, ...options.env },
    });
    return { child, pid: child.pid ?? 0, finished: finish(child, startedMs) };
  };
  return {
    directory,
    start,
    run: async (args, options) => await start(args, options).finished,
    write(name, content) {
      written.add(name.split("/")[0] ?? name);
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
      return name;
    },
    read: (name) => readFileSync(join(directory, name), "utf8"),
    strays: () => readdirSync(directory).filter((name) => !written.has(name)),
    async expectNothingLeft() {
      await waitUntil(() => processesMarked(mark).length === 0, 3_000, "every process is gone");
      expect(readdirSync(temporary)).toEqual([]);
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** An environment variable that a command's children inherit, so that they are found when their parent is gone. */
const MARK = "CUTWIRE_TEST_MARK";

async function finish(child: ChildProcess, startedMs: number): Promise<FinishedCommand> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ code, signal, stdout, stderr, durationMs: performance.now() - startedMs }),
    );
  });
}

/** The ids of the living processes that a workplace's commands started, themselves included; none without /proc. */
function processesMarked(mark: string): readonly number[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readProc(pid, "environ").split("\0").includes(`${MARK}=${mark}`));
}

/** The ids of the processes that a command started and that live, without the command itself. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => / \S+ (\d+)/.exec(readProc(child, "stat").replace(/^.*\)/s, ""))?.[1] === String(pid));
}

/** Whether a process lives; one that has ended and only waits for somebody to ask how does not. */
export function isAlive(pid: number): boolean {
  const state = /^ (\S)/.exec(readProc(pid, "stat").replace(/^.*\)/s, ""))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // It ended between the look and the read, or it belongs to somebody else.
    return "";
  }
}

/** Waits for a condition, and fails when it has not come true in time. */
export async function waitUntil(condition: () => boolean, deadlineMs: number, what: string): Promise<void> {
  const startedMs = performance.now();
  while (!condition()) {
    if (performance.now() - startedMs > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

/** One turn that books a seat with a tool. */
export const BOOKING: ScriptedTurn = {
  userText: "Book a seat, please.",
  script: { steps: [{ calls: [{ operation: "book-seat" }] }, { text: "It is booked." }] },
};

/** One turn without a tool. */
export const GREETING: ScriptedTurn = { userText: "Good day.", script: { steps: [{ text: "Good day to you." }] } };

/** A plan of one session; whatever is not given is a greeting, without faults. */
export function planOf(given: {
  readonly turns?: readonly ScriptedTurn[];
  readonly faults?: readonly ScheduledFault[];
  readonly limits?: Partial<Plan["limits"]>;
}): Plan {
  const { turns = [GREETING], faults = [], limits = {} } = given;
  return {
    formatVersion: 1,
    seed: 1,
    workload: { sessions: [{ turns }] },
    faults,
    limits: { runMs: 20_000, eventsMax: 20_000, bytesMax: 10_000_000, sessionsMax: 8, ...limits },
  };
}

/** A FIN at a protocol point of the first session. */
export function cutAt(point: "P6" | "P8" | "P12"): ScheduledFault {
  return {
    id: "cut",
    fault: { kind: "cut", mode: "fin" },
    when: { place: { session: 0 }, at: { kind: "point", point, occurrence: 1 } },
    heal: { kind: "on-close" },
  };
}
