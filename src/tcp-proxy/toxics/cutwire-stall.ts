import { CONNECTION_ATTRIBUTE, PASS_THROUGH, type ToxicType } from "../toxic.ts";

/**
 * A blackhole that heals: bytes and the end of a direction are kept back, without loss and in order, until it is removed.
 *
 * Attributes: `connection`, the index of the one it is aimed at. The sender is slowed down when more than the proxy's
 * read-ahead waits. A sender that ends, resets or vanishes meanwhile does so unseen by the receiver. On one stream it
 * is a one-way stall.
 */
export const cutwireStall: ToxicType = {
  type: "cutwire_stall",
  attributes: [CONNECTION_ATTRIBUTE],
  // What waits goes on by itself when it is taken out. Resuming it here would let it pass when it is only changed.
  create: () => ({ ...PASS_THROUGH, onAttach: (link) => link.pauseSource() }),
};
