import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { installEscapes } from "./ambient-escapes.ts";
import { type AmbientWorld, inWorld } from "./ambient-world.ts";

const NAME = "EventSource";

/** What Node brings under some name, made when it is first asked for. */
class Source {
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
}

describe("a client of Node's own", () => {
  const before = Reflect.getOwnPropertyDescriptor(globalThis, NAME);
  let made = 0;
  let escaped: string[] = [];
  const world: AmbientWorld = {
    nowMs: () => 0,
    calendarMs: () => 0,
    startTimer: () => ({ cancel: () => undefined }),
    startImmediate: () => ({ cancel: () => undefined }),
    chance: () => ({ integer: (least) => least, ratio: () => 0, hex: () => "" }),
    dial: () => {
      throw new Error("nothing is dialled here");
    },
    escaped: (what) => void escaped.push(what),
    print: () => false,
    exit: () => false,
  };
  const current = (): typeof Source => Reflect.get(globalThis, NAME) as typeof Source;

  beforeEach(() => {
    [made, escaped] = [0, []];
    const get = (): unknown => {
      made += 1;
      return Source;
    };
    Reflect.defineProperty(globalThis, NAME, { get, enumerable: false, configurable: true });
    installEscapes();
  });
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, NAME);
    else Reflect.defineProperty(globalThis, NAME, before);
  });

  it("is made as late as ever, and once", () => {
    expect([NAME in globalThis, Object.keys(globalThis).includes(NAME), made]).toEqual([true, false, 0]);
    expect(current()).toBe(current());
    expect(made).toBe(1);
  });

  it("is what it was outside of worlds, for who extends it too", () => {
    const source = new (current())("one");
    expect([source.url, source instanceof Source, source instanceof current()]).toEqual(["one", true, true]);
    class Own extends current() {}
    const own = new Own("two");
    expect([own.url, own instanceof Own, own instanceof Source]).toEqual(["two", true, true]);
    expect(escaped).toEqual([]);
  });

  it("tells the world that it is opened in, and is not opened; to be asked for is no harm", () => {
    expect(inWorld(world, () => typeof current())).toBe("function");
    expect(escaped).toEqual([]);
    expect(() => inWorld(world, () => new (current())("one"))).toThrow("Node's own EventSource is not to be had");
    class Own extends current() {}
    expect(() => inWorld(world, () => new Own("two"))).toThrow("Node's own EventSource is not to be had");
    expect(escaped).toEqual([NAME, NAME]);
  });

  it("gives way to what is put in its place", () => {
    class Other {}
    Reflect.set(globalThis, NAME, Other);
    expect(current()).toBe(Other);
    expect(inWorld(world, () => new (current())("one"))).toBeInstanceOf(Other);
    expect(made).toBe(0);
  });
});
