import { figureText, mebibytesText } from "./figures.ts";
import type { LoadQuestion, LoadResult } from "./load.ts";
import type { Memory, Party } from "./party.ts";
import type { ProxyParties } from "./proxy-parties.ts";

const CONNECTIONS = 1_000;

/** The head of the table that {@link measureProxyMemory} fills. */
export const PROXY_MEMORY_HEAD: readonly string[] = [
  "way",
  "RSS before, MiB",
  `RSS with ${CONNECTIONS} idle, MiB`,
  "heap before, MiB",
  `heap with ${CONNECTIONS} idle, MiB`,
  "heap per connection, KiB",
];

/**
 * Opens idle connections through every proxy, after one message each, and compares its memory before and then.
 *
 * It comes first: a process that has been under load has grown and has room to fill.
 */
export async function measureProxyMemory(parties: ProxyParties): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for (const { name, port, proxy } of [parties.pipe, ...parties.proxies]) {
    if (proxy === undefined) continue;
    const before = await proxy.memory();
    await openIdle(parties.client, port);
    rows.push(rowOf(name, before, await proxy.memory()));
    await parties.client.ask({ kind: "close", port } satisfies LoadQuestion);
  }
  return rows;
}

async function openIdle(client: Party, port: number): Promise<void> {
  await client.ask({ kind: "open", port, connections: CONNECTIONS } satisfies LoadQuestion);
  const load = { sizeBytes: 200, inFlight: 1, warmUpMs: 0, measureMs: 0 };
  await client.ask<LoadResult>({ kind: "run", port, ...load } satisfies LoadQuestion);
}

function rowOf(name: string, before: Memory, after: Memory): readonly string[] {
  return [
    name,
    mebibytesText(before.rssBytes),
    mebibytesText(after.rssBytes),
    mebibytesText(before.heapBytes),
    mebibytesText(after.heapBytes),
    figureText((after.heapBytes - before.heapBytes) / CONNECTIONS / 1024),
  ];
}
