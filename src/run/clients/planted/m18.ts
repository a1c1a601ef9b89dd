import { createFailureJudge, type FailureJudge } from "../../../responses-client/failure-policy.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: only connections that broke are worth a new one; a Close frame is taken for a farewell. */
const retryUncleanAlone: Policy<FailureJudge> = (context) => {
  const judge = createFailureJudge()(context);
  return {
    judge(failure, circumstances) {
      const isClean = failure.kind === "connection-lost" && failure.closeCode !== 1006;
      return isClean ? { action: "stop", connection: "renew" } : judge.judge(failure, circumstances);
    },
  };
};

/** M18 of failures.md §4: does not reconnect after a clean 1012. Violates INV-29. */
export const client: Client = adaptResponsesClient("planted:M18", { failures: retryUncleanAlone });
