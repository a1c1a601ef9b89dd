export { testClient, type TestClientOptions } from "./test-client.ts";
export type { GivenClient } from "../reproduce/client-module.ts";
