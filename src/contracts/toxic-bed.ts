import { createManualClock, type ManualClock } from "../determinism/manual-clock.ts";
import { createRandom } from "../determinism/random.ts";
import type { StopReason, Toxic, ToxicAttributes, ToxicType } from "../tcp-proxy/toxic.ts";
import { ToxicStage } from "../tcp-proxy/toxic-stage.ts";

/** One direction of a connection with one toxic on it, without sockets and in a time of its own. */
export type ToxicBed = {
  readonly clock: ManualClock;
  send(bytes: Buffer): void;
  /** The source ends. */
  end(): void;
  change(attributes: ToxicAttributes): void;
  remove(): void;
  /** What came out behind the toxic until the direction ended or was stopped. */
  bytes(): Buffer;
  /** How the direction ended: `"end"`, `"fin"` and `"rst"` for a whole connection, absent while it goes on. */
  ending(): "end" | StopReason | undefined;
  /** What came out, with its time: `["0 512", "20 end"]`. */
  readonly trace: readonly string[];
  /** How many bytes the toxic took and has not passed on. */
  heldBytes(): number;
};

/** Puts a new toxic of a type on a link of its own. The same type and attributes behave the same each time. */
export function openToxicBed(type: ToxicType, attributes: ToxicAttributes): ToxicBed {
  const clock = createManualClock();
  const startMs = clock.nowMs();
  const tools = { clock, random: createRandom(1, type.type) };
  const chunks: Buffer[] = [];
  const trace: string[] = [];
  let ending: "end" | StopReason | undefined;
  let takenBytes = 0;
  let passedBytes = 0;

  function note(what: string): void {
    trace.push(`${clock.nowMs() - startMs} ${what}`);
  }
  function finish(how: "end" | StopReason): void {
    if (ending !== undefined) return;
    ending = how;
    note(how);
  }
  const counted = (toxic: Toxic): Toxic => ({
    ...toxic,
    onChunk(bytes, link) {
      takenBytes += bytes.length;
      toxic.onChunk(bytes, link);
    },
  });
  const host = {
    waitingChanged: () => undefined,
    resetReceiver: () => finish("rst"),
    stopConnection: finish,
  };
  const stage = new ToxicStage(host, (given) => counted(type.create(given, tools)), attributes);
  stage.connectTo({
    receive(bytes) {
      passedBytes += bytes.length;
      if (ending !== undefined) return;
      note(String(bytes.length));
      chunks.push(bytes);
    },
    end: () => finish("end"),
  });
  stage.attach("live");
  return {
    clock,
    trace,
    send: (bytes) => stage.receive(bytes),
    end: () => stage.end(),
    change: (changed) => stage.change(changed),
    remove: () => stage.remove(),
    bytes: () => Buffer.concat(chunks),
    ending: () => ending,
    heldBytes: () => takenBytes - passedBytes,
  };
}
