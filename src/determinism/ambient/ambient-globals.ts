import { ambientWorld } from "./ambient-world.ts";
import { replaceMember } from "./divert.ts";
import { ambientInstallation } from "./install-ambient.ts";

/**
 * Puts a global there that this version of Node may not have, or has as something that no world can hold.
 *
 * Where worlds are run, code inside them alone sees it: everybody else in that process has what was there before.
 *
 * @example provideGlobal("WebSocket", WebSocket) // that of `ws`, for a package that takes it from `globalThis`
 */
export function provideGlobal(name: string, value: unknown): void {
  if (ambientInstallation() === undefined) {
    replaceMember(globalThis, name, value);
    return;
  }
  const before = Reflect.getOwnPropertyDescriptor(globalThis, name);
  let readOutside = (): unknown =>
    before?.get === undefined ? before?.value : Reflect.apply(before.get, globalThis, []);
  Reflect.defineProperty(globalThis, name, {
    get: () => (ambientWorld() === undefined ? readOutside() : value),
    set: (other: unknown) => {
      readOutside = () => other;
    },
    enumerable: before?.enumerable ?? false,
    configurable: true,
  });
}
