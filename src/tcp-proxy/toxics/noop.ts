import { PASS_THROUGH, type ToxicType } from "../toxic.ts";

/** Lets everything through. As Toxiproxy's. */
export const noop: ToxicType = { type: "noop", attributes: [], create: () => ({ ...PASS_THROUGH }) };
