export { testClient, type TestClientOptions } from "./test-client.ts";
export type { GivenClient } from "../reproduce/client-module.ts";
export type { KnownFinding } from "../report/run-report.ts";
