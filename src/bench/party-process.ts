import type { Memory, PartyAnswer, PartyQuestion, UsageQuestion } from "./party.ts";

/** What a process of the benchmark does with a question; the answer travels as JSON. */
export type PartyHandler<Request> = (request: Request) => unknown;

/**
 * Makes this process a party: it answers the questions of the process that started it, and ends with it.
 *
 * How much it has used is asked of every party and answered here.
 */
export function serveParty<Request>(handle: PartyHandler<Request>): void {
  process.on("message", (message: PartyQuestion<Request>) => {
    answer(handle, message).catch((error: unknown) => {
      process.nextTick(() => {
        throw error;
      });
    });
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ question: 0 } satisfies PartyAnswer);
}

async function answer<Request>(handle: PartyHandler<Request>, message: PartyQuestion<Request>): Promise<void> {
  const { question, request } = message;
  process.send?.({ question, answer: await answerOf(handle, request) } satisfies PartyAnswer);
}

async function answerOf<Request>(handle: PartyHandler<Request>, request: Request | UsageQuestion): Promise<unknown> {
  if (request === "processor-ms") return processorMs();
  if (request === "memory") return memory();
  return await handle(request);
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}
