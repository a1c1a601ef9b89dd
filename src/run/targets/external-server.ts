import { HarnessError } from "../../errors.ts";
import { expectUpgrade } from "../expect-upgrade.ts";
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
