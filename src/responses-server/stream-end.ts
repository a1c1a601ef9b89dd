import type { Duplex } from "node:stream";

import type { Clock } from "../determinism/clock.ts";

/** What may still leave when the server goes: a Close frame and some events. More than that is dropped. */
const PARTING_SIZE_BYTES_MAX = 64 * 1024;

/** How long the parting bytes may take to leave, in milliseconds. */
const PARTING_MS_MAX = 1_000;

/**
 * Sends a last answer and ends the stream.
 *
 * It stays open for what the peer still sends, at most `lingerMs`: a stream that is destroyed over unread bytes is
 * reset, and a reset takes the answer away from the peer.
 */
export function answerAndEnd(
  stream: Duplex,
  answer: string,
  options: { readonly clock: Clock; readonly lingerMs: number },
): void {
  destroyAfter(stream, options.clock, options.lingerMs);
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  stream.on("end", () => stream.destroy());
  stream.resume();
  stream.end(answer);
}

/** Ends a stream now: what has been written may leave, nothing else is waited for. */
export function endAtOnce(stream: Duplex, clock: Clock): void {
  if (!stream.writable || stream.writableLength > PARTING_SIZE_BYTES_MAX) {
    stream.destroy();
    return;
  }
  destroyAfter(stream, clock, PARTING_MS_MAX);
  stream.end(() => stream.destroy());
}

function destroyAfter(stream: Duplex, clock: Clock, delayMs: number): void {
  const timer = clock.startTimer(delayMs, () => stream.destroy());
  stream.on("error", () => stream.destroy());
  stream.once("close", () => timer.cancel());
}

/** Cuts a stream without a word: by RST where the stream can, or by FIN behind what has been written. */
export function cutStream(stream: Duplex, how: "reset" | "end"): void {
  if (how === "end") stream.end();
  else if (canReset(stream)) stream.resetAndDestroy();
  else stream.destroy();
}

/** A socket can, and a simulated one may. */
function canReset(stream: Duplex): stream is Duplex & { resetAndDestroy(): void } {
  return "resetAndDestroy" in stream && typeof stream.resetAndDestroy === "function";
}
