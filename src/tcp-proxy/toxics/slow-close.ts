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
 * Lets bytes through at once and holds the end of the direction back for `delay` milliseconds.
 *
 * Attributes: `delay` in milliseconds. A change starts the wait again; removed, the end goes through at once. As
 * Toxiproxy's.
 */
export const slowClose: ToxicType = {
  type: "slow_close",
  attributes: [toxiproxyAttribute("delay")],
  create: createSlowClose,
};

function createSlowClose(initial: ToxicAttributes, { clock }: ToxicTools): Toxic {
  let attributes = initial;
  let timer: Timer | undefined;

  function wait(link: Link): void {
    timer?.cancel();
    timer = clock.startTimer(delayMsOf(attributes, "delay"), () => link.end());
  }

  return {
    onChunk: (bytes, link) => link.pass(bytes),
    onEnd: wait,
    onChange(changed, link) {
      attributes = changed;
      if (timer !== undefined) wait(link);
    },
    onRemove(link) {
      timer?.cancel();
      if (timer !== undefined) link.end();
    },
  };
}
