import { HarnessError } from "../errors.ts";
import type { ExternalPlace } from "../run/external-place.ts";
import type { GivenArguments, OptionTable } from "./arguments.ts";
import { parseAddressWithPorts } from "./port-range.ts";

/** The options that say where the parts of the backend "external" are. */
export const EXTERNAL_OPTIONS: OptionTable = {
  toxiproxy: { type: "string" },
  "listen-ports": { type: "string" },
  upstream: { type: "string" },
  tap: { type: "string" },
  control: { type: "string" },
};

/** What `--help` says of them. */
export const EXTERNAL_HELP: string = `The backend "external" takes a Toxiproxy, a tap and a server that run already, as docker-compose.yml starts them:
  --toxiproxy URL            Toxiproxy's API
  --listen-ports FIRST-LAST  ports of it that may be used and are reached on the host of that API, one for each session
  --upstream HOST:PORT       what Toxiproxy dials: the first port of the tap, or without a tap the server
  --tap URL                  the tap's control API as it is reached from here
  --control URL              the reference server's control API as it is reached from here`;

/**
 * Where the parts of the backend "external" are; undefined where nothing of it was given.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` that names what is missing or wrong
 */
export function externalPlaceOf(given: GivenArguments): ExternalPlace | undefined {
  if (Object.keys(EXTERNAL_OPTIONS).every((name) => given.text(name) === undefined)) return undefined;
  const { ports } = parseAddressWithPorts("listen-ports", required(given, "listen-ports"));
  const { host, ports: upstreamPorts } = parseAddressWithPorts("upstream", required(given, "upstream"));
  const tapUrl = given.text("tap");
  const controlUrl = given.text("control");
  return {
    toxiproxyUrl: urlOf("toxiproxy", required(given, "toxiproxy")),
    listenPorts: ports,
    upstream: { host, port: upstreamPorts[0] ?? 0 },
    ...(tapUrl === undefined ? {} : { tapUrl: urlOf("tap", tapUrl) }),
    ...(controlUrl === undefined ? {} : { controlUrl: urlOf("control", controlUrl) }),
  };
}

function required(given: GivenArguments, name: string): string {
  const value = given.text(name);
  if (value !== undefined) return value;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `--${name} is missing: the backend "external" has to be told --toxiproxy, --listen-ports and --upstream.`,
    { details: { option: name } },
  );
}

function urlOf(option: string, text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/$/, "");
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `--${option} ${text}: a URL such as http://127.0.0.1:8474 is expected.`,
    { details: { option, value: text } },
  );
}
