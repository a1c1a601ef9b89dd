/** The process that loads a proxy, or the upstream itself, over many connections and says how fast it was. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { Load, LoadQuestion, LoadResult } from "./load.ts";
import { serveParty } from "./party-process.ts";

const READ_SIZE_BYTES = 256 * 1024;
const NS_PER_MS = 1_000_000;
const NS_PER_US = 1_000;
const MS_PER_SECOND = 1_000;

const clock = createSystemClock();
const pools = new Map<number, Pool>();

/** The connections to one party, all idle or all under load. */
type Pool = { readonly lines: readonly Line[]; close(): void };

/** One connection that keeps so many messages on their way. */
type Line = { load(message: Buffer, inFlight: number): void; stop(): Promise<void> };

let roundTrips = 0;
let latencies: RecordableHistogram | undefined;

async function openLine(port: number): Promise<{ line: Line; socket: Socket }> {
  let message: Buffer = Buffer.alloc(0);
  let waitingBytes = 0;
  let isStopping = false;
  let sentAtMs = 0;
  let stopped: (() => void) | undefined;
  const socket = connect({
    host: "127.0.0.1",
    port,
    noDelay: true,
    // One buffer for all that comes: what is measured is the proxy, not the collector of this process.
    onread: { buffer: Buffer.alloc(READ_SIZE_BYTES), callback: (sizeBytes) => received(sizeBytes) },
  });
  socket.on("error", (error) => {
    throw error;
  });

  function received(sizeBytes: number): boolean {
    const before = Math.ceil(waitingBytes / message.length);
    waitingBytes -= sizeBytes;
    const answered = before - Math.ceil(waitingBytes / message.length);
    roundTrips += answered;
    if (waitingBytes === 0 && answered > 0) latencies?.record(elapsedNs());
    if (!isStopping) for (let index = 0; index < answered; index += 1) send();
    else if (waitingBytes === 0) stopped?.();
    return true;
  }

  function elapsedNs(): number {
    return Math.max(1, Math.round((clock.nowMs() - sentAtMs) * NS_PER_MS));
  }

  function send(): void {
    waitingBytes += message.length;
    sentAtMs = clock.nowMs();
    socket.write(message);
  }

  await once(socket, "connect");
  return {
    socket,
    line: {
      load(bytes, inFlight) {
        message = bytes;
        isStopping = false;
        for (let index = 0; index < inFlight; index += 1) send();
      },
      async stop() {
        isStopping = true;
        if (waitingBytes > 0) await new Promise<void>((resolve) => (stopped = resolve));
      },
    },
  };
}

async function openPool(port: number, connections: number): Promise<Pool> {
  const opened = await Promise.all(Array.from({ length: connections }, async () => await openLine(port)));
  return {
    lines: opened.map(({ line }) => line),
    // An RST leaves no port behind in the state TIME_WAIT.
    close: () => opened.forEach(({ socket }) => socket.resetAndDestroy()),
  };
}

async function run(pool: Pool, { sizeBytes, inFlight, warmUpMs, measureMs }: Load): Promise<LoadResult> {
  const message = Buffer.alloc(sizeBytes, "x");
  roundTrips = 0;
  for (const line of pool.lines) line.load(message, inFlight);
  await sleep(clock, warmUpMs);
  const measured = createHistogram({ lowest: 1, highest: Number.MAX_SAFE_INTEGER, figures: 3 });
  const startedAtMs = clock.nowMs();
  const roundTripsBefore = roundTrips;
  if (inFlight === 1) latencies = measured;
  await sleep(clock, measureMs);
  latencies = undefined;
  const roundTripsPerSecond = ((roundTrips - roundTripsBefore) / (clock.nowMs() - startedAtMs)) * MS_PER_SECOND;
  await Promise.all(pool.lines.map(async (line) => await line.stop()));
  const [p50Us = 0, p99Us = 0] = [50, 99].map((share) => (inFlight === 1 ? measured.percentile(share) / NS_PER_US : 0));
  return { roundTripsPerSecond, p50Us, p99Us, roundTrips };
}

function poolOf(port: number): Pool {
  const pool = pools.get(port);
  assert(pool !== undefined, `no connection to port ${port} was opened`);
  return pool;
}

serveParty<LoadQuestion>(async (question) => {
  const { port } = question;
  switch (question.kind) {
    case "open":
      pools.set(port, await openPool(port, question.connections));
      return {};
    case "run":
      return await run(poolOf(port), question);
    case "close":
      poolOf(port).close();
      pools.delete(port);
      return {};
  }
});
