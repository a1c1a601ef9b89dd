import http from "node:http";
import net from "node:net";

import { divert, type InWorld, isFunction } from "./divert.ts";

/** Makes dials ask the world that is entered: `net.connect`, `net.createConnection`, and what `http` dials with. */
export function installNetwork(): void {
  for (const name of ["connect", "createConnection"]) divert(net, name, dialIn);
  // The agent has kept what net.createConnection was when it was loaded.
  divert(http.Agent.prototype, "createConnection", dialIn);
}

/** `connect(options[, listener])`, `connect(port[, host][, listener])`. */
const dialIn: InWorld = (world, args) => {
  const [first, second] = args;
  const stream = world.dial(addressOf(first, second));
  const listener = args.find(isFunction);
  if (listener !== undefined) stream.once("connect", listener);
  return stream;
};

function addressOf(first: unknown, second: unknown): { host: string; port: number } {
  if (typeof first !== "object" || first === null) {
    return { host: typeof second === "string" ? second : "localhost", port: Number(first) };
  }
  const host = "host" in first && typeof first.host === "string" ? first.host : "localhost";
  if ("path" in first && typeof first.path === "string") return { host: first.path, port: 0 };
  return { host, port: "port" in first ? Number(first.port) : 0 };
}
