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
 * At the next chunk or end: throws it away, waits `timeout` milliseconds and closes the connection.
 *
 * Attributes: `timeout` in milliseconds. The close is an RST only on connections that start while the toxic is there;
 * on one that was live before it is a FIN. Without traffic nothing happens, and once the wait has begun no removal
 * stops it. All of that as Toxiproxy's; `cutwire_rst` resets live connections.
 */
export const resetPeer: ToxicType = {
  type: "reset_peer",
  messageName: "ResetToxic",
  attributes: [toxiproxyAttribute("timeout")],
  resetsOnClose: true,
  create: createResetPeer,
};

function createResetPeer(initial: ToxicAttributes, { clock }: ToxicTools): Toxic {
  let attributes = initial;
  let isWaiting = false;

  function closeSoon(link: Link): void {
    if (isWaiting) return;
    isWaiting = true;
    link.pauseSource();
    clock.startTimer(delayMsOf(attributes, "timeout"), () => link.end());
  }

  return {
    onChunk: (_bytes, link) => closeSoon(link),
    onEnd: closeSoon,
    onChange(changed) {
      attributes = changed;
    },
  };
}
