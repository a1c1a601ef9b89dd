import WebSocket from "ws";

import type { Clock } from "../../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin } from "../../determinism/waiting.ts";
import { HarnessError, messageOf, systemCodeOf } from "../../errors.ts";
import type { Target } from "../target.ts";

/** How a server of somebody else's is reached. */
export type ExternalServerOptions = {
  /** The key that clients show to it; each session's own where absent. */
  readonly apiKey?: string;
};

/**
 * A Responses server that is running somewhere, with a model of its own.
 *
 * @param url Its WebSocket endpoint or what stands before `/responses` there, in plain text: `"ws://127.0.0.1:8080/v1"`,
 * `"ws://127.0.0.1:8080/v1/responses"`; `http:` means the same.
 * @throws HarnessError `HARNESS_INVALID_OPTION` that says what is wrong with the URL, and what to write instead
 */
export function externalServer(url: string, { apiKey }: ExternalServerOptions = {}): Target {
  const { host, port, basePath, endpoint } = addressOfUrl(url);
  return {
    name: url,
    isScripted: false,
    ...(apiKey === undefined ? {} : { apiKey }),
    async open({ scripts, clock }) {
      const [ownKey = ""] = scripts.keys();
      await expectUpgrade(endpoint, apiKey ?? ownKey, clock);
      return { host, port, basePath, close: async () => await Promise.resolve() };
    },
  };
}

const ENDPOINT = "/responses";
const EXAMPLE = "Write it like ws://127.0.0.1:8080/v1 or ws://127.0.0.1:8080/v1/responses.";

/** Where a server is, out of its URL. */
export type ServerAddress = {
  /** As it stands in a URL: an IPv6 address has its brackets. */
  readonly host: string;
  readonly port: number;
  /** What stands before `/responses`, for example `"/v1"`, or nothing. */
  readonly basePath: string;
  /** The URL that clients upgrade at: `"ws://127.0.0.1:8080/v1/responses"`. */
  readonly endpoint: string;
};

/**
 * Reads the URL of a server.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` that says what is wrong with it, and what to write instead
 */
export function addressOfUrl(text: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "") throw refusal(text, `is not the URL of a server. ${EXAMPLE}`);
  if (url.protocol === "wss:" || url.protocol === "https:") {
    const advice = "Put a proxy that ends TLS in front of the server, and give the ws:// URL of that proxy.";
    throw refusal(text, `asks for TLS, and cutwire stands on the wire and has to read what passes. ${advice}`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "http:") {
    throw refusal(text, `begins with ${url.protocol}//, and a target is reached by ws://. ${EXAMPLE}`);
  }
  if (url.username !== "" || url.password !== "") {
    const advice = "Leave them out: a key for the server stands in the environment as CUTWIRE_API_KEY.";
    throw refusal(text.replace(/\/\/[^@]*@/, "//…@"), `holds credentials, and it is stored with every run. ${advice}`);
  }
  if (url.search !== "" || url.hash !== "") {
    const plain = `${url.protocol}//${url.host}${url.pathname}`;
    throw refusal(plain, "was given with a query or a fragment, which a base URL does not have. Leave it out.");
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (path === "") throw refusal(text, `has no path. ${EXAMPLE}`);
  const basePath = path.endsWith(ENDPOINT) ? path.slice(0, -ENDPOINT.length) : path;
  return {
    host: url.hostname,
    port: Number(url.port === "" ? 80 : url.port),
    basePath,
    endpoint: `ws://${url.host}${basePath}${ENDPOINT}`,
  };
}

function refusal(url: string, why: string): HarnessError {
  return new HarnessError("HARNESS_INVALID_OPTION", `The target ${url} ${why}`, { details: { target: url } });
}

/** How long a server may take to upgrade a connection on which nothing is done. */
const UPGRADE_DEADLINE_MS = 10_000;

/**
 * Connects once as clients will: a wrong address, path or key is a mistake of whoever runs this, and not of the client.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`
 */
async function expectUpgrade(endpoint: string, apiKey: string, clock: Clock): Promise<void> {
  const socket = new WebSocket(endpoint, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
    followRedirects: false,
  });
  const answered = new Promise<string | undefined>((resolve) => {
    socket.once("open", () => resolve(undefined));
    socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(adviceOn(statusCode)));
    // It stays: terminating a socket that was never open is an error as well.
    socket.on("error", (error) => {
      const code = systemCodeOf(error);
      resolve(`cannot be reached: ${code ?? messageOf(error)}. Start the server, or check host and port.`);
    });
  });
  try {
    const problem = await settleWithin(clock, answered, UPGRADE_DEADLINE_MS);
    if (problem === undefined) return;
    const why =
      problem === DEADLINE_PASSED
        ? `did not answer the upgrade within ${UPGRADE_DEADLINE_MS / 1_000} s. Check host and port.`
        : problem;
    throw new HarnessError("HARNESS_BACKEND_UNAVAILABLE", `The target ${endpoint} ${why}`, { details: { endpoint } });
  } finally {
    socket.terminate();
  }
}

function adviceOn(status: number): string {
  const answered = `answered the upgrade with ${status}.`;
  if (status === 401 || status === 403) {
    return `${answered} Say which key clients show to it: CUTWIRE_API_KEY=… in the environment.`;
  }
  return `${answered} Check the path: a Responses server upgrades GET …/responses.`;
}
