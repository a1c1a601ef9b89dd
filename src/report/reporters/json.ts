import { stableJson } from "../../determinism/stable-json.ts";
import type { Reporter } from "../reporter.ts";

/** The whole report as JSON, keys sorted. */
export const jsonReporter: Reporter = { name: "json", render: (report) => `${stableJson(report, 2)}\n` };
