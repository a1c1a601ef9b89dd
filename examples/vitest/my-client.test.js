import { testClient } from "cutwire/vitest";

// A test for each scenario and for each promise. This client sends the whole conversation with each create, so a scenario
// about a previous_response_id that is refused has nothing to ask of it, and is skipped.
testClient(new URL("./my-client.js", import.meta.url), { scenarios: "all", properties: "all", runs: 10 });
