import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../loopback.test-support.ts";

describe("limit_data", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("counts from when it was added: exactly that many bytes more, then FIN", async () => {
    const { client, server } = await bed.connect();
    server.write("x".repeat(100));
    await client.hasText("x".repeat(100));
    await bed.addToxic("limit_data", { bytes: 10 });
    server.write("0123456789abcdefghijklmno");
    await client.seesEnd();
    expect(client.text()).toBe(`${"x".repeat(100)}0123456789`);
    await server.seesEnd();
  });

  it("upstream: the server gets exactly that many and FIN, and so does the client", async () => {
    await bed.addToxic("limit_data", { bytes: 10 }, { stream: "upstream" });
    const { client, server } = await bed.connect();
    client.write("0123456789abcdef");
    await server.seesEnd();
    expect(server.text()).toBe("0123456789");
    await client.seesEnd();
    expect(client.text()).toBe("");
  });

  it("ends at the chunk that reaches the limit exactly, and with 0 at the first one", async () => {
    const exact = await bed.connect();
    const toxic = await bed.addToxic("limit_data", { bytes: 4 }, { stream: "upstream" });
    exact.client.write("abcd");
    await exact.server.seesEnd();
    expect(exact.server.text()).toBe("abcd");
    await toxic.update({ bytes: 0 });
    const none = await bed.connect();
    none.client.write("x");
    await none.server.seesEnd();
    expect(none.server.text()).toBe("");
  });

  it("keeps its count when it is changed", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("limit_data", { bytes: 100 }, { stream: "upstream" });
    client.write("abcdef");
    await server.hasText("abcdef");
    await toxic.update({ bytes: 8 });
    client.write("ghijkl");
    await server.seesEnd();
    expect(server.text()).toBe("abcdefgh");
  });
});
