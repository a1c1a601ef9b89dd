import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../../determinism/random.ts";
import { openTestBed, type TestBed } from "../loopback.test-support.ts";

describe("cutwire_corrupt", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("changes exactly the bytes at an offset, counted from when it was added", async () => {
    const { client, server } = await bed.connect();
    client.write("before ");
    await server.hasText("before ");
    await bed.addToxic("cutwire_corrupt", { offset: 2, count: 3, mask: 0x20 }, { stream: "upstream" });
    client.write("abc");
    await server.hasText("before abC");
    client.write("defg");
    await server.hasText("before abCDEfg");
    expect(server.text()).toBe("before abCDEfg");
  });

  it("turns one seeded bit over in every so many bytes: the same ones for the same seed", async () => {
    const sent = Buffer.alloc(10_000);
    const runs = [];
    for (let run = 0; run < 2; run += 1) {
      const again = await openTestBed({ random: createRandom(3) });
      await again.addToxic("cutwire_corrupt", { every: 1000 }, { stream: "upstream" });
      const { client, server } = await again.connect();
      client.socket.end(sent);
      await server.seesEnd();
      runs.push(Buffer.concat(server.chunks));
      await again.close();
    }
    const changed = [...(runs[0] ?? [])].filter((byte) => byte !== 0);
    expect(changed).toHaveLength(10);
    expect(changed.every((byte) => Number.isInteger(Math.log2(byte)))).toBe(true);
    expect(runs[0]?.equals(runs[1] ?? sent)).toBe(true);
  });

  it("aimed at one connection, leaves others alone", async () => {
    await bed.addToxic("cutwire_corrupt", { offset: 0, mask: 1, connection: 1 }, { stream: "upstream" });
    const first = await bed.connect();
    const second = await bed.connect();
    first.client.write("a");
    second.client.write("a");
    await first.server.hasText("a");
    await second.server.hasText("`");
    expect(second.server.text()).toBe("`");
  });
});
