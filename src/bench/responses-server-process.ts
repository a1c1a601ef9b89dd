/** The process of the reference server, with a model that calls one tool and then talks. */
import { createSystemClock } from "../determinism/clock.ts";
import { openResponsesServer } from "../responses-server/index.ts";
import { serveParty } from "./party-process.ts";
import { TOOL_TURN } from "./turns.ts";

const server = await openResponsesServer({ clock: createSystemClock(), scriptOf: () => TOOL_TURN });

serveParty(() => ({ url: server.url }));
