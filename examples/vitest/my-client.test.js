import { testClient } from "cutwire/vitest";

testClient(new URL("./my-client.js", import.meta.url), { scenarios: "all" });
