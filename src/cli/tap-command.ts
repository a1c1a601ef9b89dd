import { createSystemClock } from "../determinism/clock.ts";
import { HarnessError } from "../errors.ts";
import { openTapServer } from "../run/relay/tap-server.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { parseAddressWithPorts } from "./port-range.ts";
import { untilStopped } from "./until-stopped.ts";

const OPTIONS: OptionTable = {
  listen: { type: "string" },
  upstream: { type: "string" },
  control: { type: "string" },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire tap --listen HOST:PORTS --upstream HOST:PORT --control HOST:PORT

A relay that looks and changes nothing: the face of a wire next to the server, where a real Toxiproxy stands between it
and the client. "cutwire run --backend external" steers it; by itself it passes everything on and tells what it sees.

  --listen HOST:PORTS    where it listens: a port for each session at a time, for example 0.0.0.0:9000-9031
  --upstream HOST:PORT   what it dials for every connection
  --control HOST:PORT    its control API (default: 127.0.0.1:8477; port 0 takes any free one)

A host that is left out is 127.0.0.1. Whoever reaches the control API can do everything with the connections.

Examples
  npx cutwire tap --listen 9000-9031 --upstream 127.0.0.1:8475
  curl http://127.0.0.1:8477/health
  curl "http://127.0.0.1:8477/events?after=-1"       every dial, frame and end, one JSON object a line

It takes the offer of extensions out of the upgrade, because compressed frames cannot be read, and passes everything
else unchanged, with FIN, half-close, RST and backpressure.

Ctrl-C and SIGTERM end every connection. Exit codes: 0 stopped, 3 wrong use or a port in use, 4 cutwire itself failed.
`;

/** `cutwire tap`: the server's face of a wire, for a Toxiproxy that runs elsewhere. */
export const tapCommand: Command = {
  name: "tap",
  summary: "a relay between Toxiproxy and a server that sees frames and holds them",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "tap");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const listen = parseAddressWithPorts("listen", required(given, "listen"));
    const upstream = parseAddressWithPorts("upstream", required(given, "upstream"));
    const control = parseAddressWithPorts("control", given.text("control") ?? "127.0.0.1:8477");
    const tap = await openTapServer({
      listen: listen.ports.map((port) => `${listen.host}:${port}`),
      upstream: `${upstream.host}:${only("upstream", upstream.ports)}`,
      control: { host: control.host, port: only("control", control.ports) },
      clock: createSystemClock(),
    });
    context.print(`A tap listens on ${tap.listen.join(", ")}\n# control API  ${tap.controlUrl}\n`);
    await untilStopped(context.signal);
    await tap.close();
    return 0;
  },
};

function required(given: GivenArguments, name: string): string {
  const value = given.text(name);
  if (value !== undefined) return value;
  throw new HarnessError("HARNESS_INVALID_OPTION", `--${name} is missing. "cutwire tap --help" has examples.`);
}

function only(name: string, ports: readonly number[]): number {
  const [port, second] = ports;
  if (port !== undefined && second === undefined) return port;
  throw new HarnessError("HARNESS_INVALID_OPTION", `--${name}: one port is expected, not ${ports.length}.`);
}
