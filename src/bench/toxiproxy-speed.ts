import { openParty, type Party } from "./party.ts";
import { measureProxyMemory, PROXY_MEMORY_HEAD } from "./proxy-memory.ts";
import { openBenchProxy, PASS_THROUGH_TOXICS, type ProxyParties, type Route } from "./proxy-parties.ts";
import { measureProxySpeed, PROXY_SPEED_HEAD } from "./proxy-speed.ts";
import { openToxiproxyParty } from "./toxiproxy-party.ts";

type Rows = readonly (readonly string[])[];

/** Our proxy and the real Toxiproxy side by side, with as many toxics in each direction. */
const TOXIC_COUNTS: readonly number[] = [0, 1, 6];

/** The head of the table that {@link measureAgainstToxiproxy} fills: Toxiproxy with the same toxics is the measure. */
export const TOXIPROXY_SPEED_HEAD: readonly string[] = PROXY_SPEED_HEAD.map((head) =>
  head.replace("pipe", "Toxiproxy"),
);

/** How many columns of the memory's table hold for any process; the others are those of V8's heap. */
const MEMORY_COLUMNS = 3;

/** The head of the table of memory. */
export const TOXIPROXY_MEMORY_HEAD: readonly string[] = PROXY_MEMORY_HEAD.slice(0, MEMORY_COLUMNS);

/** Measures both in every case, in one run; a row for each way. */
export async function measureAgainstToxiproxy(): Promise<{ readonly speed: Rows; readonly memory: Rows }> {
  const opened: Party[] = [];
  const keep = (party: Party): Party => {
    opened.push(party);
    return party;
  };
  try {
    const client = keep(await openParty("load-client"));
    const upstream = keep(await openParty("echo-upstream"));
    const { port: upstreamPort } = await upstream.ask<{ port: number }>({});
    const speed: (readonly string[])[] = [];
    const memory: (readonly string[])[] = [];
    for (const count of TOXIC_COUNTS) {
      const own = keep(await openParty("tcp-proxy"));
      const { apiUrl } = await own.ask<{ apiUrl: string }>({});
      const real = await openToxiproxyParty();
      keep(real.party);
      const toxics = PASS_THROUGH_TOXICS.slice(0, count);
      const words = count === 0 ? "" : `, ${count} toxic${count === 1 ? "" : "s"}`;
      const route = async (name: string, url: string, proxy: Party): Promise<Route> => ({
        name: `${name}${words}`,
        port: await openBenchProxy(url, { name: `wire-${count}`, upstreamPort, toxics }),
        proxy,
      });
      const parties: ProxyParties = {
        client,
        direct: { name: "direct", port: upstreamPort },
        pipe: await route("Toxiproxy 2.12", real.apiUrl, real.party),
        proxies: [await route("cutwire", apiUrl, own)],
        close: () => undefined,
      };
      // Memory comes first: a process that has been under load has grown and has room to fill.
      memory.push(...(await measureProxyMemory(parties)).map((row) => row.slice(0, MEMORY_COLUMNS)));
      speed.push(...(await measureProxySpeed(parties)));
      own.close();
      real.party.close();
    }
    return { speed, memory };
  } finally {
    for (const party of opened) party.close();
  }
}
