import type { Client } from "../client.ts";
import { adaptResponsesClient } from "../responses-client-adapter.ts";

/** The reference client as it is: every promise holds, and every checker must leave it green. */
export const client: Client = adaptResponsesClient("reference", {});
