import { resolve } from "node:path";

import { drawSeed } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import { openTcpProxyServer, type TcpProxyServer, type TcpProxyServerOptions } from "../tcp-proxy/index.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { readTextFile } from "../suite/files.ts";
import { fromGoFlags } from "./go-flags.ts";
import { nameConfigFile, parseProxyConfig } from "./proxy-config.ts";
import { listenHostOf, untilStopped } from "./until-stopped.ts";

const OPTIONS: OptionTable = {
  host: { type: "string", default: "localhost" },
  port: { type: "string" },
  config: { type: "string" },
  seed: { type: "string" },
  "proxy-metrics": { type: "boolean", default: false },
  "runtime-metrics": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire proxy [options]

A TCP fault proxy that speaks the HTTP API of Toxiproxy 2.12, so that its clients and its command line drive it.
The options are those of toxiproxy-server, with one dash or two.

  --host HOST          where the API listens (default: localhost, which is 127.0.0.1)
  --port N             its port (default: 8474; 0 takes any free one)
  --config FILE        JSON file of proxies to begin with: the list that POST /populate takes
  --seed N             decides toxicity and jitter: the same seed, the same draws (default: another one each time)
  --proxy-metrics      GET /metrics tells the bytes of each proxy
  --runtime-metrics    GET /metrics tells figures of this process

Examples
  npx cutwire proxy
  npx cutwire proxy --port 0 --config proxies.json --seed 42

  proxies.json         [{ "name": "api", "listen": "127.0.0.1:9000", "upstream": "127.0.0.1:3000" }]

  half a second of latency on what the upstream sends, for every connection:
  curl -d '{"type":"latency","attributes":{"latency":500}}' http://127.0.0.1:8474/proxies/api/toxics

  no way through, and through again:
  curl -X PATCH -d '{"enabled":false}' http://127.0.0.1:8474/proxies/api
  curl -X POST http://127.0.0.1:8474/reset

Ctrl-C and SIGTERM close every proxy and every connection, a second one does not wait for that.
Exit codes: 0 stopped, 3 wrong use, an unreadable config or a port in use, 4 cutwire itself failed, 130 stopped twice.
`;

/** `cutwire proxy`: the fault proxy alone, in place of a toxiproxy-server. */
export const proxyCommand: Command = {
  name: "proxy",
  summary: "a TCP fault proxy that speaks Toxiproxy's API",
  help: HELP,
  async run(args, context) {
    const given = readArguments(fromGoFlags(args, OPTIONS), OPTIONS, "proxy");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const stray = given.positionals[0];
    if (stray !== undefined) {
      throw new HarnessError("HARNESS_INVALID_OPTION", `"${stray}" is no option. "cutwire proxy --help" lists them.`);
    }
    const { config, ...options } = optionsOf(given, context);
    const server = await open({ ...options, config }, given.text("config"));
    const proxies = `${config.length} ${config.length === 1 ? "proxy" : "proxies"}`;
    context.print(
      `A fault proxy with Toxiproxy's API listens on ${server.apiUrl} (seed ${options.seed}, ${proxies})\n`,
    );
    await untilStopped(context.signal);
    await server.close();
    return 0;
  },
};

type ProxyOptions = TcpProxyServerOptions & Required<Pick<TcpProxyServerOptions, "seed" | "config">>;

function optionsOf(given: GivenArguments, context: CommandContext): ProxyOptions {
  const file = given.text("config");
  const largest = Number.MAX_SAFE_INTEGER;
  return {
    host: listenHostOf(given.text("host") ?? "localhost"),
    port: given.count("port", { least: 0, most: 65_535, fallback: 8474 }),
    seed: given.count("seed", { least: -largest, most: largest, fallback: drawSeed() }),
    proxyMetrics: given.flag("proxy-metrics"),
    runtimeMetrics: given.flag("runtime-metrics"),
    config:
      file === undefined || file === "" ? [] : parseProxyConfig(readTextFile(resolve(context.directory, file)), file),
  };
}

async function open(options: TcpProxyServerOptions, file: string | undefined): Promise<TcpProxyServer> {
  try {
    return await openTcpProxyServer(options);
  } catch (error) {
    throw file === undefined ? error : nameConfigFile(error, file);
  }
}
