// Before anything that loads ws: the runs of this file are in virtual time.
import "cutwire/simulation/register";

import { createHarness } from "cutwire";
import { describeBackend } from "cutwire/contracts";

const simulation = createHarness().backends.get("simulation");
if (simulation === undefined) throw new Error("there is no simulation");

// Its wires are gone with its world, and a port of this machine has nothing to do with them.
describeBackend("simulation", () => simulation, { isGone: async () => await Promise.resolve(true) });
