import { CONNECTION_ATTRIBUTE, PASS_THROUGH, type ToxicType } from "../toxic.ts";

/**
 * Resets both sides of a connection (RST) as soon as it meets it, live or new.
 *
 * Attributes: `connection`, the index of the one it is aimed at. A receiver loses what its kernel had not read yet.
 */
export const cutwireRst: ToxicType = {
  type: "cutwire_rst",
  attributes: [CONNECTION_ATTRIBUTE],
  create: () => ({ ...PASS_THROUGH, onAttach: (link) => link.stop("rst") }),
};
