import { beforeEach } from "vitest";

// Says of every test of the project why it did not run; see real-toxiproxy.ts.
const missing = process.env["CUTWIRE_TOXIPROXY_MISSING"];
if (missing !== undefined) beforeEach(({ skip }) => skip(`no Toxiproxy: ${missing}`));
