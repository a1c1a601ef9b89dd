import { describe, expect, it } from "vitest";

import type { Toxic, ToxicType } from "../tcp-proxy/toxic.ts";
import { TOXIC_TYPES } from "../tcp-proxy/toxic-registry.ts";
import { breachesOf } from "./breaches.test-support.ts";
import { describeToxic, TOXIC_CONTRACT, type ToxicSample } from "./toxic.ts";

const LOSSLESS = { bytes: "all", end: "passed", removal: "gives-back" } as const;
const THROWS_AWAY = { bytes: "none", end: "passed", removal: "ends" } as const;
const STOPS = { attributes: {}, bytes: "none", end: "stopped", removal: "gives-back" } as const;

const SAMPLES: Readonly<Record<string, readonly ToxicSample[]>> = {
  bandwidth: [1, 10, 1_000].map((rate) => ({ attributes: { rate }, ...LOSSLESS })),
  latency: [
    { attributes: { latency: 0, jitter: 0 }, ...LOSSLESS },
    { attributes: { latency: 50, jitter: 0 }, ...LOSSLESS },
    { attributes: { latency: 20, jitter: 20 }, ...LOSSLESS },
  ],
  limit_data: [0, 1, 1_000].map((bytes) => ({
    attributes: { bytes },
    bytes: "a-beginning",
    end: "passed",
    removal: "gives-back",
  })),
  noop: [{ attributes: {}, ...LOSSLESS }],
  reset_peer: [0, 30].map((timeout) => ({
    attributes: { timeout },
    bytes: "none",
    end: "passed",
    removal: "is-too-late",
  })),
  slicer: [
    { attributes: { average_size: 20, size_variation: 10, delay: 1_000 }, ...LOSSLESS },
    { attributes: { average_size: 1, size_variation: 0, delay: 10 }, ...LOSSLESS },
    { attributes: { average_size: 0, size_variation: 0, delay: 100 }, ...LOSSLESS },
  ],
  slow_close: [0, 500].map((delay) => ({ attributes: { delay }, ...LOSSLESS })),
  timeout: [0, 10].map((timeout) => ({ attributes: { timeout }, ...THROWS_AWAY })),
  cutwire_corrupt: [{}, { offset: 3, count: 9 }, { every: 1, mask: 255 }].map((attributes) => ({
    attributes,
    bytes: "as-many",
    end: "passed",
    removal: "gives-back",
  })),
  cutwire_fin: [STOPS],
  cutwire_rst: [STOPS],
  cutwire_stall: [{ attributes: {}, bytes: "none", end: "kept", removal: "gives-back" }],
};

for (const [name, type] of TOXIC_TYPES) describeToxic(type, SAMPLES[name] ?? []);

describe("the contract of toxics", () => {
  const ALL_LOSSLESS: ToxicSample = { attributes: {}, ...LOSSLESS };
  const INTACT: Toxic = { onChunk: (bytes, link) => link.pass(bytes), onEnd: (link) => link.end() };

  async function breachesOfToxic(create: ToxicType["create"], sample = ALL_LOSSLESS): Promise<readonly string[]> {
    const type: ToxicType = { type: "broken", attributes: [], create };
    return await breachesOf(TOXIC_CONTRACT, () => ({ type, samples: [sample] }));
  }

  it("is kept by one that does nothing", async () => {
    expect(await breachesOfToxic(() => INTACT)).toEqual([]);
  });

  it("is broken by one that loses a byte", async () => {
    const breaches = await breachesOfToxic(() => ({
      ...INTACT,
      onChunk: (bytes, link) => link.pass(bytes.subarray(1)),
    }));
    expect(breaches).toContain("lets through what it says");
    expect(breaches).toContain("does not care how the bytes are cut into chunks");
  });

  it("is broken by one that keeps the end", async () => {
    expect(await breachesOfToxic(() => ({ ...INTACT, onEnd: () => undefined }))).toContain("lets through what it says");
  });

  it("is broken by one that changes bytes in place", async () => {
    const inPlace = (): Toxic => ({ ...INTACT, onChunk: (bytes, link) => link.pass(bytes.fill(0)) });
    expect(await breachesOfToxic(inPlace, { ...ALL_LOSSLESS, bytes: "as-many" })).toEqual([
      "leaves the buffers that it is given as they are",
    ]);
  });

  it("is broken by one that forgets what it holds, or its timer, when it is taken out", async () => {
    const late: ToxicType["create"] = (_attributes, { clock }) => {
      let isDone = false;
      return {
        onChunk: (bytes, link) => void clock.startTimer(40, () => link.pass(bytes)),
        onEnd: (link) => void clock.startTimer(40, () => link.end()),
        onRemove: () => (isDone = true),
        onAttach: () => void isDone,
      };
    };
    expect(await breachesOfToxic(late)).toContain("can be taken out at any time");
  });

  it("is broken by one whose links share their state", async () => {
    let seen = 0;
    const shared: ToxicType["create"] = (_attributes, { clock }) => ({
      ...INTACT,
      onChunk(bytes, link) {
        seen += 1;
        if (seen % 2 === 0) link.pass(bytes);
        else {
          link.pauseSource();
          clock.startTimer(5, () => {
            link.pass(bytes);
            link.resumeSource();
          });
        }
      },
    });
    expect(await breachesOfToxic(shared)).toContain("does the same again from the same seed");
  });

  it("is broken by one that holds without bound", async () => {
    const hoarding: ToxicType["create"] = () => {
      const held: Buffer[] = [];
      return {
        onChunk: (bytes) => void held.push(bytes),
        onEnd(link) {
          link.pass(Buffer.concat(held.splice(0)));
          link.end();
        },
        onRemove: (link) => link.pass(Buffer.concat(held.splice(0))),
      };
    };
    expect(await breachesOfToxic(hoarding)).toContain("pauses its source before it holds more than 32 MiB");
  });

  it("is broken by a sample that promises what the toxic does not, and by no sample at all", async () => {
    expect(await breachesOfToxic(() => INTACT, { ...ALL_LOSSLESS, bytes: "none" })).toContain(
      "lets through what it says",
    );
    const type: ToxicType = { type: "broken", attributes: [], create: () => INTACT };
    expect(await breachesOf(TOXIC_CONTRACT, () => ({ type, samples: [] }))).toContain("lets through what it says");
  });
});
