import { testClient } from "cutwire/vitest";

// "all" runs every scenario. This client sends the whole conversation with each create, so it has nothing to show in
// those about a previous_response_id, and they would stay undecided.
testClient(new URL("./my-client.js", import.meta.url), {
  scenarios: [
    "close-1012-while-tool-runs",
    "cut-after-call-done",
    "fin-mid-text",
    "half-open-after-tool-output",
    "reject-dials-503-twice",
    "rst-inside-arguments",
  ],
});
