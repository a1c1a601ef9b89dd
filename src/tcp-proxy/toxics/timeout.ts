import type { Timer } from "../../determinism/clock.ts";
import {
  delayMsOf,
  toxiproxyAttribute,
  type Link,
  type Toxic,
  type ToxicAttributes,
  type ToxicTools,
  type ToxicType,
} from "../toxic.ts";

/**
 * Throws every byte away, and ends the direction after `timeout` milliseconds without any.
 *
 * Attributes: `timeout` in milliseconds; 0 never ends. Every chunk starts the wait again, and removing the toxic ends
 * the direction: what was thrown away cannot come back. As Toxiproxy's; a blackhole that heals is `cutwire_stall`.
 */
export const timeout: ToxicType = {
  type: "timeout",
  attributes: [toxiproxyAttribute("timeout")],
  create: createTimeout,
};

function createTimeout(initial: ToxicAttributes, { clock }: ToxicTools): Toxic {
  let silenceMs = delayMsOf(initial, "timeout");
  let timer: Timer | undefined;

  function restart(link: Link): void {
    timer?.cancel();
    timer = silenceMs > 0 ? clock.startTimer(silenceMs, () => link.end()) : undefined;
  }

  return {
    onAttach: (link) => restart(link),
    onChunk: (_bytes, link) => restart(link),
    onEnd(link) {
      timer?.cancel();
      link.end();
    },
    onChange(changed, link) {
      silenceMs = delayMsOf(changed, "timeout");
      restart(link);
    },
    onRemove(link) {
      timer?.cancel();
      link.end();
    },
  };
}
