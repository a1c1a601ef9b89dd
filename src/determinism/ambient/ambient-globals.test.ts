import { afterEach, describe, expect, it } from "vitest";

import { nextTask } from "../drain.ts";
import { type AmbientWorld, inWorld } from "./ambient-world.ts";
import { provideGlobal } from "./ambient-globals.ts";

const WORLD: AmbientWorld = {
  nowMs: () => 0,
  calendarMs: () => 0,
  startTimer: () => ({ cancel: () => undefined }),
  startImmediate: () => ({ cancel: () => undefined }),
  chance: () => ({ integer: (least) => least, ratio: () => 0, hex: () => "" }),
  dial: () => {
    throw new Error("nothing is dialled here");
  },
  escaped: () => undefined,
  print: () => false,
  exit: () => false,
};

const NAME = "cutwireTestGlobal";
const read = (): unknown => Reflect.get(globalThis, NAME);

describe("a global for code of worlds", () => {
  afterEach(() => Reflect.deleteProperty(globalThis, NAME));

  it("is seen in a world alone, where nothing was there before", async () => {
    provideGlobal(NAME, "in the world");
    expect(read()).toBeUndefined();
    expect(await nextTask(() => inWorld(WORLD, read))).toBe("in the world");
  });

  it("leaves to everybody else what was there before, and what is put there later", async () => {
    Reflect.set(globalThis, NAME, "before");
    provideGlobal(NAME, "in the world");
    expect(read()).toBe("before");
    Reflect.set(globalThis, NAME, "later");
    expect(read()).toBe("later");
    expect(await nextTask(() => inWorld(WORLD, read))).toBe("in the world");
  });

  it("leaves one alone that is made when it is asked for, as those of Node are, until then", () => {
    let made = 0;
    Reflect.defineProperty(globalThis, NAME, { get: () => (made += 1), configurable: true });
    provideGlobal(NAME, "in the world");
    expect(made).toBe(0);
    expect(inWorld(WORLD, read)).toBe("in the world");
    expect(made).toBe(0);
    expect(read()).toBe(1);
  });
});
