import { type AmbientWorld, ambientWorld } from "./ambient-world.ts";

/** Any function, as a wrapper sees it. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** What a function does in a world. */
export type InWorld = (world: AmbientWorld, args: readonly unknown[], self: unknown) => unknown;

/** Whether a value can be called. */
export function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function";
}

/**
 * Puts a wrapper in the place of a function: in a world it does what is given, everywhere else what it always did.
 *
 * A function that this version of Node does not have is passed over.
 */
export function divert(holder: object, name: string, inWorld: InWorld): void {
  const original: unknown = Reflect.get(holder, name);
  if (!isFunction(original)) return;
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    const world = ambientWorld();
    return world === undefined ? Reflect.apply(original, this, args) : inWorld(world, args, this);
  };
  // What hangs on the function goes with it: its name, `hrtime.bigint`, what `util.promisify` looks for.
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
    if (key !== "prototype" && descriptor !== undefined) Reflect.defineProperty(wrapper, key, descriptor);
  }
  replaceMember(holder, name, wrapper);
}

/** Gives an object another member, as visible and as changeable as the one before. */
export function replaceMember(holder: object, name: string, value: unknown): void {
  const enumerable = Reflect.getOwnPropertyDescriptor(holder, name)?.enumerable ?? true;
  Reflect.defineProperty(holder, name, { value, enumerable, writable: true, configurable: true });
}

/** An argument that may be a function to be called back, with what it is to be called with. */
export function callbackOf(callback: unknown, args: readonly unknown[]): () => void {
  if (!isFunction(callback)) {
    throw Object.assign(new TypeError("The callback argument must be of type function."), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  return () => void Reflect.apply(callback, undefined, [...args]);
}
