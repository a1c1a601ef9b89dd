import nodeCrypto from "node:crypto";

import type { AmbientWorld, Chance } from "./ambient-world.ts";
import { divert, type InWorld, isFunction } from "./divert.ts";

/**
 * Makes chance ask the world that is entered: `Math.random` and the random functions of `node:crypto` and `crypto`.
 *
 * Each function draws from a stream of its own, and fills of different sizes do too: a package that keeps a pool of
 * random bytes over many worlds, as `ws` does for its masks, would otherwise move what others draw.
 */
export function installChance(): void {
  divert(Math, "random", (world) => world.chance("Math.random").ratio());
  divert(nodeCrypto, "randomBytes", (world, [size, callback]) => {
    const bytes = fill(world, "randomBytes", Buffer.alloc(Number(size)));
    return answerTo(world, callback, bytes);
  });
  divert(nodeCrypto, "randomFillSync", (world, args) => fillPart(world, args));
  divert(nodeCrypto, "randomFill", (world, args) => {
    const callback = args.find(isFunction);
    return answerTo(
      world,
      callback,
      fillPart(
        world,
        args.filter((argument) => !isFunction(argument)),
      ),
    );
  });
  divert(nodeCrypto, "randomInt", randomIntIn);
  divert(nodeCrypto, "getRandomValues", (world, [view]) => fillPart(world, [view]));
  divert(globalThis.crypto, "getRandomValues", (world, [view]) => fillPart(world, [view]));
  divert(nodeCrypto, "randomUUID", (world) => uuid(world.chance("randomUUID")));
  divert(globalThis.crypto, "randomUUID", (world) => uuid(world.chance("randomUUID")));
}

const randomIntIn: InWorld = (world, args) => {
  const numbers = args.filter((argument) => typeof argument === "number");
  const [least = 0, end = 0] = numbers.length > 1 ? numbers : [0, ...numbers];
  if (!Number.isSafeInteger(least) || !Number.isSafeInteger(end) || end <= least) {
    throw Object.assign(new RangeError(`The range from ${least} to ${end} is empty or no range of whole numbers.`), {
      code: "ERR_OUT_OF_RANGE",
    });
  }
  return answerTo(world, args.find(isFunction), world.chance("randomInt").integer(least, end - 1));
};

/** Answers at once, or to the callback where there is one, as the functions of `node:crypto` do. */
function answerTo(world: AmbientWorld, callback: unknown, value: unknown): unknown {
  if (!isFunction(callback)) return value;
  world.startImmediate(() => void Reflect.apply(callback, undefined, [null, value]));
  return undefined;
}

/** Fills a view, or the part of it that is given as offset and length in its elements; answers the view. */
function fillPart(world: AmbientWorld, [view, offset, length]: readonly unknown[]): unknown {
  const isView = ArrayBuffer.isView(view);
  if (!isView && !(view instanceof ArrayBuffer)) {
    throw Object.assign(new TypeError("Random bytes are put into an ArrayBuffer or a view of one."), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  const bytes = isView
    ? Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    : Buffer.from(view, 0, view.byteLength);
  const elementSize = isView && "BYTES_PER_ELEMENT" in view ? Number(view.BYTES_PER_ELEMENT) : 1;
  const start = typeof offset === "number" ? offset * elementSize : 0;
  const end = typeof length === "number" ? start + length * elementSize : bytes.length;
  fill(world, `fill/${end - start}`, bytes.subarray(start, end));
  return view;
}

const BYTES_PER_DRAW = 3;

function fill(world: AmbientWorld, name: string, bytes: Buffer): Buffer {
  const chance = world.chance(name);
  for (let offset = 0; offset < bytes.length; offset += BYTES_PER_DRAW) {
    const size = Math.min(BYTES_PER_DRAW, bytes.length - offset);
    bytes.writeUIntBE(chance.integer(0, 2 ** (8 * size) - 1), offset, size);
  }
  return bytes;
}

/** A UUID of version 4 (RFC 9562 §5.4). */
function uuid(chance: Chance): string {
  const variant = ["8", "9", "a", "b"][chance.integer(0, 3)];
  return `${chance.hex(8)}-${chance.hex(4)}-4${chance.hex(3)}-${variant}${chance.hex(3)}-${chance.hex(12)}`;
}
