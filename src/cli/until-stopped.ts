import { once } from "node:events";

/**
 * Waits until a server is to stop. Being told to stop is how a server ends, so it is no interruption: the exit code of
 * a command that then closed everything is 0.
 */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** The address to listen on for a host that was given: `localhost` is 127.0.0.1, and an empty one is every address. */
export function listenHostOf(host: string): string {
  if (host === "localhost") return "127.0.0.1";
  return host === "" ? "0.0.0.0" : host;
}
