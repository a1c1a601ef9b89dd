import { PassThrough, Readable } from "node:stream";

import { parseJsonObject, type JsonObject } from "../../protocol/json.ts";
import { createLineReader } from "../remote/control-client.ts";
import type { Engine } from "./engine.ts";

/** Follows what a server prints, through the engine's log, which outlives the server. */
export type ServerLog = {
  /** Follows on after the server was started anew. */
  resume(): Promise<void>;
  stop(): void;
};

/** How many lines are read again when the log is opened anew. */
const LINES_MAX = 10_000;

/** A line of the log begins with its time: `2026-11-23T09:00:00.000000000Z {"kind":…}`. */
const LINE = /^(\S+) (.*)$/;

/** Follows the events of the server in a container from now on. */
export async function followServerLog(
  engine: Engine,
  serverId: string,
  listener: (event: JsonObject) => void,
): Promise<ServerLog> {
  let last = "";
  let isStopped = false;
  let stream: NodeJS.ReadableStream | undefined;

  function take(line: string): void {
    const [, time = "", text = ""] = LINE.exec(line) ?? [];
    // What had been told before the log was opened again comes once more.
    if (isStopped || time <= last) return;
    last = time;
    const event = parseJsonObject(text);
    if (event !== undefined) listener(event);
  }

  async function open(linesBefore: number): Promise<void> {
    const opened = await engine.call(
      "following the log of the server",
      engine.docker.getContainer(serverId).logs({
        follow: true,
        stdout: true,
        stderr: false,
        timestamps: true,
        tail: linesBefore,
      }),
    );
    stream = opened;
    const out = new PassThrough();
    const lines = createLineReader(take);
    out.on("data", (bytes: Buffer) => lines(bytes));
    opened.on("error", () => undefined);
    engine.docker.modem.demuxStream(opened, out, out);
  }

  await open(0);
  return {
    resume: async () => await open(LINES_MAX),
    stop() {
      isStopped = true;
      if (stream instanceof Readable) stream.destroy();
    },
  };
}
