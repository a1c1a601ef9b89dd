import { type ICreateToxicBody, Toxiproxy } from "toxiproxy-node-client";

import { openParty, type Party } from "./party.ts";

/** What a message can take on its way to the upstream and back. */
export type Route = {
  readonly name: string;
  readonly port: number;
  /** The process in between; absent where there is none. */
  readonly proxy?: Party;
};

/** An upstream, a load client, and every way between them, each in a process of its own. */
export type ProxyParties = {
  readonly client: Party;
  readonly direct: Route;
  /** The measure of all others. */
  readonly pipe: Route;
  readonly proxies: readonly Route[];
  close(): void;
};

/** A toxic, without name and place. */
export type BenchToxic = Pick<ICreateToxicBody<object>, "type" | "attributes">;

/** Six toxics of Toxiproxy that change nothing. Bandwidth is not among them: it has a rate, and no rate is endless. */
export const PASS_THROUGH_TOXICS: readonly BenchToxic[] = [
  { type: "latency", attributes: { latency: 0, jitter: 0 } },
  { type: "slicer", attributes: { average_size: 2 ** 30, size_variation: 0, delay: 0 } },
  { type: "limit_data", attributes: { bytes: 2 ** 52 } },
  { type: "slow_close", attributes: { delay: 0 } },
  { type: "latency", attributes: { latency: 0, jitter: 0 } },
  { type: "limit_data", attributes: { bytes: 2 ** 52 } },
];

/** Starts all parties of the proxy benchmark. */
export async function openProxyParties(): Promise<ProxyParties> {
  const parties: Party[] = [];
  async function open(...args: Parameters<typeof openParty>): Promise<Party> {
    const party = await openParty(...args);
    parties.push(party);
    return party;
  }
  const upstream = await open("echo-upstream");
  const { port: upstreamPort } = await upstream.ask<{ port: number }>({});
  const pipe = await open("pipe-proxy", String(upstreamPort));
  const plain = await open("tcp-proxy");
  const intercepted = await open("tcp-proxy", "interceptor");
  const toxic = await open("tcp-proxy");
  return {
    client: await open("load-client"),
    direct: { name: "direct", port: upstreamPort },
    pipe: { name: "bare pipe", port: (await pipe.ask<{ port: number }>({})).port, proxy: pipe },
    proxies: [
      { name: "cutwire", port: await proxyPort(plain, upstreamPort, []), proxy: plain },
      { name: "cutwire, interceptor", port: await proxyPort(intercepted, upstreamPort, []), proxy: intercepted },
      { name: "cutwire, 6 toxics", port: await proxyPort(toxic, upstreamPort, PASS_THROUGH_TOXICS), proxy: toxic },
    ],
    close: () => parties.forEach((party) => party.close()),
  };
}

/** Puts a proxy before the upstream, with the toxics in each of its directions, and answers its port. */
async function proxyPort(party: Party, upstreamPort: number, toxics: readonly BenchToxic[]): Promise<number> {
  const { apiUrl } = await party.ask<{ apiUrl: string }>({});
  return await openBenchProxy(apiUrl, { name: "wire", upstreamPort, toxics });
}

/** The same by the API of any Toxiproxy. */
export async function openBenchProxy(
  apiUrl: string,
  given: { readonly name: string; readonly upstreamPort: number; readonly toxics: readonly BenchToxic[] },
): Promise<number> {
  const { name, upstreamPort, toxics } = given;
  const upstream = `127.0.0.1:${upstreamPort}`;
  const proxy = await new Toxiproxy(apiUrl).createProxy({ name, listen: "127.0.0.1:0", upstream });
  for (const [index, toxic] of toxics.entries()) {
    for (const stream of ["upstream", "downstream"] as const) {
      await proxy.addToxic({ ...toxic, name: `${stream}-${index}`, stream, toxicity: 1 });
    }
  }
  return Number(proxy.listen.split(":").at(-1));
}
