import { applierFor, type FaultApplier } from "../fault-applier.ts";

/** Turns the next dials of the session away. */
export const reject: FaultApplier = applierFor(
  "reject",
  async (fault, site) => await site.wire.rejectDials({ how: fault.how, dials: fault.dials }),
);
