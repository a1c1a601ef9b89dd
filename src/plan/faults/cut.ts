import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { CutFault } from "../wire-faults.ts";

/** Cuts one connection cleanly, hard, or without telling anybody. */
export const cutFault: FaultDescription<CutFault> = {
  kind: "cut",
  ids: "F-01 F-02 F-03 F-04 F-11 F-14 F-25 F-26 F-27 F-28 F-29 F-30 F-31 F-53".split(" "),
  title: "Ends one connection with FIN or RST, or silences it in both directions (blackhole)",
  schema: z.strictObject({
    kind: z.literal("cut"),
    mode: z.enum(["fin", "rst", "blackhole"]).describe("FIN to both sides, RST to both sides, or neither"),
  }),
  layer: "byte",
  appliedBy: "proxy",
  scope: "connection",
  needs: (fault) => [`cut-${fault.mode}`],
  fired: "fault-applied, after the proxy read the change back",
};
