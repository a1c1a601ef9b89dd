import { subscribe } from "node:diagnostics_channel";

import { type AmbientWorld, ambientWorld } from "./ambient-world.ts";
import { type AnyFunction, divert, isFunction } from "./divert.ts";

/** What Node compiles on its thread pool, where no hook of `node:async_hooks` sees it. */
const COMPILING = ["compile", "compileStreaming", "instantiate", "instantiateStreaming"];

/** Clients of Node's own, with timers, sockets and compiled code that live longer than any world. */
const CLIENTS = ["WebSocket", "EventSource"];

/**
 * Makes what no world can hold tell the world that is entered, and not begin: Node's own `fetch`, `WebSocket` and
 * `EventSource`, WebAssembly that is compiled aside, `Atomics.waitAsync`; and `undici` as a package.
 *
 * Without that such code would wait in virtual time for what happens in the real one, and look as if it hung.
 */
export function installEscapes(): void {
  divert(globalThis, "fetch", (world) => leave(world, "fetch"));
  for (const name of CLIENTS) divertClass(name);
  const assembly: unknown = Reflect.get(globalThis, "WebAssembly");
  if (typeof assembly === "object" && assembly !== null) {
    for (const name of COMPILING) divert(assembly, name, (world) => leave(world, `WebAssembly.${name}`));
  }
  divert(Atomics, "waitAsync", (world) => leave(world, "Atomics.waitAsync"));
  // The package can be loaded under any name and at any time, and says of each request that it makes one.
  subscribe("undici:request:create", () => ambientWorld()?.escaped("undici"));
}

function leave(world: AmbientWorld, what: string): Promise<never> {
  world.escaped(what);
  return new Promise(() => undefined);
}

/** Node makes these when they are first asked for, and so they still are. */
function divertClass(name: string): void {
  const before = Reflect.getOwnPropertyDescriptor(globalThis, name);
  if (before === undefined) return;
  let made: { readonly value: unknown } | undefined;
  const make = (): unknown => {
    const value: unknown = before.get === undefined ? before.value : Reflect.apply(before.get, globalThis, []);
    return isFunction(value) ? worldlyClass(value, name) : value;
  };
  Reflect.defineProperty(globalThis, name, {
    get: () => (made ??= { value: make() }).value,
    set: (other: unknown) => {
      made = { value: other };
    },
    enumerable: before.enumerable ?? false,
    configurable: true,
  });
}

function worldlyClass(original: AnyFunction, name: string): AnyFunction {
  const proxy: AnyFunction = new Proxy(original, {
    construct(target, args: unknown[], newTarget: object): object {
      const world = ambientWorld();
      const maker: unknown = newTarget === proxy ? target : newTarget;
      if (world === undefined && isFunction(maker)) return Reflect.construct(target, args, maker) as object;
      world?.escaped(name);
      throw new Error(`Node's own ${name} is not to be had in virtual time`);
    },
  });
  return proxy;
}
