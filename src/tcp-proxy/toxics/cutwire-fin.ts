import { CONNECTION_ATTRIBUTE, PASS_THROUGH, type ToxicType } from "../toxic.ts";

/**
 * Closes both sides of a connection with FIN as soon as it meets it; what was passed before is still delivered.
 *
 * Attributes: `connection`, the index of the one it is aimed at. Bytes that a side sends afterwards are read and thrown
 * away for up to a second, so that unread input never turns the FIN into an RST.
 */
export const cutwireFin: ToxicType = {
  type: "cutwire_fin",
  attributes: [CONNECTION_ATTRIBUTE],
  create: () => ({ ...PASS_THROUGH, onAttach: (link) => link.stop("fin") }),
};
