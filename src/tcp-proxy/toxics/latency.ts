import type { Timer } from "../../determinism/clock.ts";
import type { Random } from "../../determinism/random.ts";
import {
  delayMsOf,
  toxiproxyAttribute,
  type Link,
  type Toxic,
  type ToxicAttributes,
  type ToxicTools,
  type ToxicType,
} from "../toxic.ts";

const HELD_CHUNKS_MAX = 1024;
const HELD_BYTES_MAX = 32 * 1024 * 1024;

type HeldChunk = { bytes: Buffer; arrivedAtMs: number; dueAtMs: number };

/**
 * Delays every chunk by `latency` ± `jitter` milliseconds, in order; a FIN waits for the chunks before it, not longer.
 *
 * Attributes: `latency`, `jitter` in milliseconds. The delay is drawn for each chunk from the link's own random
 * stream. Removed: everything held arrives at once. Changed: the chunk first in line arrives at once, the others wait
 * as the new attributes say. It holds up to 1024 chunks or 32 MiB, then it slows the sender down. As Toxiproxy's,
 * except that it is seeded and counts from the chunk's arrival at this toxic.
 */
export const latency: ToxicType = {
  type: "latency",
  attributes: [toxiproxyAttribute("latency"), toxiproxyAttribute("jitter")],
  create: createLatency,
};

function createLatency(initial: ToxicAttributes, { clock, random }: ToxicTools): Toxic {
  let attributes = initial;
  const held: HeldChunk[] = [];
  let heldBytes = 0;
  let hasEnded = false;
  let timer: Timer | undefined;

  function passFirst(link: Link): void {
    const first = held.shift();
    if (first === undefined) return;
    heldBytes -= first.bytes.length;
    link.pass(first.bytes);
  }

  function passDue(link: Link): void {
    timer?.cancel();
    timer = undefined;
    while (held[0] !== undefined && held[0].dueAtMs <= clock.nowMs()) passFirst(link);
    if (held[0] !== undefined) timer = clock.startTimer(held[0].dueAtMs - clock.nowMs(), () => passDue(link));
    else if (hasEnded) link.end();
    if (held.length < HELD_CHUNKS_MAX && heldBytes < HELD_BYTES_MAX) link.resumeSource();
  }

  return {
    onChunk(bytes, link) {
      const delayMs = drawDelayMs(attributes, random);
      if (delayMs === 0 && held.length === 0) {
        link.pass(bytes);
        return;
      }
      const arrivedAtMs = clock.nowMs();
      held.push({ bytes, arrivedAtMs, dueAtMs: arrivedAtMs + delayMs });
      heldBytes += bytes.length;
      if (held.length >= HELD_CHUNKS_MAX || heldBytes >= HELD_BYTES_MAX) link.pauseSource();
      if (timer === undefined) passDue(link);
    },
    onEnd(link) {
      hasEnded = true;
      if (held.length === 0) link.end();
    },
    onChange(changed, link) {
      attributes = changed;
      passFirst(link);
      for (const chunk of held) chunk.dueAtMs = chunk.arrivedAtMs + drawDelayMs(attributes, random);
      passDue(link);
    },
    onRemove(link) {
      timer?.cancel();
      while (held.length > 0) passFirst(link);
      if (hasEnded) link.end();
    },
  };
}

function drawDelayMs(attributes: ToxicAttributes, random: Random): number {
  const jitterMs = delayMsOf(attributes, "jitter");
  if (jitterMs === 0) return delayMsOf(attributes, "latency");
  const offsetMs = random.integer(-jitterMs, jitterMs - 1);
  return delayMsOf({ delay: (attributes["latency"] ?? 0) + offsetMs }, "delay");
}
