import { once } from "node:events";
import { createServer, type Server } from "node:net";

import { type FinishedCommand, waitUntil, type Workplace } from "./cutwire-command.test-support.ts";

/** A command that serves until it is stopped. */
export type ListeningCommand = {
  /** What the pattern found in what it printed when it began to listen. */
  readonly found: readonly string[];
  /** What it printed to standard output until now. */
  stdout(): string;
  /** Stops it as Ctrl-C does, or by another signal, and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<FinishedCommand>;
};

/** Starts a command and waits until its standard output fits a pattern, which is when it listens. */
export async function startListening(
  place: Workplace,
  args: readonly string[],
  pattern: RegExp,
): Promise<ListeningCommand> {
  const { child, finished } = place.start(args);
  let stdout = "";
  let hasEnded = false;
  child.stdout?.on("data", (text: string) => (stdout += text));
  child.once("close", () => (hasEnded = true));
  await waitUntil(() => hasEnded || pattern.test(stdout), 10_000, `${args.join(" ")} listens`);
  const match = pattern.exec(stdout);
  if (match === null) throw new Error(`the command ended before it listened: ${JSON.stringify(await finished)}`);
  return {
    found: match.slice(1),
    stdout: () => stdout,
    async stop(signal = "SIGINT") {
      child.kill(signal);
      return await finished;
    },
  };
}

/** How a command is to refuse to start: a code, and what its message has to contain. */
export type ExpectedRefusal = { readonly code: string; readonly says: readonly string[] };

/** What is missing in a refusal: exit code 3, nothing on standard output, and the code and words on standard error. */
export function missingInRefusal(finished: FinishedCommand, { code, says }: ExpectedRefusal): readonly string[] {
  const { stdout, stderr } = finished;
  return [
    ...(finished.code === 3 ? [] : [`exit code 3, not ${finished.code}`]),
    ...(stdout === "" ? [] : [`nothing on standard output, not ${stdout}`]),
    ...[...says, `\n(${code})\n`].filter((part) => !stderr.includes(part)).map((part) => `${part} in ${stderr}`),
  ];
}

/** A port of 127.0.0.1 on which somebody else listens. */
export async function takePort(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: address !== null && typeof address === "object" ? address.port : 0 };
}

/** A request that `--help` shows, to be sent to a server that listens elsewhere. */
export type ShownRequest = { readonly method: string; readonly path: string; readonly body: string | undefined };

/** The `curl` commands in a help text, in their order. */
export function curlsIn(help: string): readonly ShownRequest[] {
  const shown = /curl (?:-X (\w+) )?(?:-d '([^']*)' )?(?:\\\n\s*)?http:\/\/127\.0\.0\.1:\d+(\S+)/g;
  return [...help.matchAll(shown)].map(([, method, body, path = "/"]) => ({
    method: method ?? (body === undefined ? "GET" : "POST"),
    path,
    body,
  }));
}
