import { ambientWorld } from "./ambient-world.ts";
import { divert, isFunction, replaceMember } from "./divert.ts";

/** Makes output and exit of the process ask the world that is entered: what is printed there belongs to its run. */
export function installProcess(): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const original: unknown = Reflect.get(process[stream], "write");
    if (!isFunction(original)) continue;
    replaceMember(process[stream], "write", function (this: unknown, ...args: unknown[]): unknown {
      const [chunk, ...more] = args;
      const text = typeof chunk === "string" ? chunk : Buffer.isBuffer(chunk) ? chunk.toString("utf8") : String(chunk);
      if (ambientWorld()?.print(stream, text) !== true) return Reflect.apply(original, this, args);
      const callback = more.find(isFunction);
      if (callback !== undefined) process.nextTick(() => void Reflect.apply(callback, undefined, []));
      return true;
    });
  }
  const exit: unknown = Reflect.get(process, "exit");
  divert(process, "exit", (world, args) => {
    const [code] = args;
    if (!world.exit(typeof code === "number" ? code : Number(process.exitCode ?? 0)) && isFunction(exit)) {
      Reflect.apply(exit, process, [...args]);
    }
    // Nothing that stands behind an exit may run.
    throw new ProcessExited();
  });
}

/** Thrown where code has ended its process: nobody may take it for an error. */
export class ProcessExited extends Error {
  override readonly name = "ProcessExited";
}
