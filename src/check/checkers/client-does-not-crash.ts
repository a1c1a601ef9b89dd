import type { EventOf, HistoryEvent } from "../../history/event.ts";
import { type Checker, evidenceOf, notExercised } from "../checker.ts";

/** INV-42: nothing that comes over the wire ends the client's process. */
export const clientDoesNotCrash: Checker = {
  name: "client-does-not-crash",
  rule: "INV-42",
  claim: "No event of the transport, malformed frame or late error ends the client's process.",
  evidence: "The fault before it, what the process printed, and its exit.",
  undecided: "Not exercised where the client never started.",
  source: "failures.md INV-42 (B38: an error on an idle socket without a listener)",
  advice:
    "Keep an error listener on a socket for its whole life, also while no request runs, and catch what handlers throw.",
  check({ history }) {
    const started = history.find((event) => event.kind === "client-started");
    if (started === undefined) return notExercised("the client never started");
    const exited = history.find((event) => event.kind === "client-exited" && !event.expected);
    if (exited?.kind !== "client-exited") {
      return { outcome: "holds", message: "the client's process was alive until it was told to leave", evidence: [] };
    }
    const fault = history.findLast((event) => event.kind === "fault-applied" && event.sequence < exited.sequence);
    const printed = lastWords(history);
    const how = exited.signal === null ? `with code ${exited.code}` : `by ${exited.signal}`;
    const said = printed === undefined ? "" : `; it printed: ${lastLineOf(printed.text)}`;
    return {
      outcome: "violated",
      message: `the client's process ended ${how}${said}`,
      evidence: evidenceOf(fault, printed, exited),
    };
  },
};

const ERROR_LINE = /^(Uncaught )?\w*(Error|Exception)\b.*$/m;

/** What was printed last and names an error; else what was printed last. A dying process prints in several pieces. */
function lastWords(history: readonly HistoryEvent[]): EventOf<"output"> | undefined {
  const printed = history.filter(
    (event): event is EventOf<"output"> => event.kind === "output" && event.stream === "stderr",
  );
  return printed.findLast(({ text }) => ERROR_LINE.test(text)) ?? printed.at(-1);
}

function lastLineOf(text: string): string {
  return ERROR_LINE.exec(text)?.[0] ?? text.trim().split("\n").at(-1) ?? "";
}
