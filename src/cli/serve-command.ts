import { createSystemClock } from "../determinism/clock.ts";
import { drawSeed } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import { createEventLog, openControlApi, openResponsesServer, type ServerEvent } from "../responses-server/index.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { openConversations } from "./conversations.ts";
import { printEventLine } from "./event-lines.ts";
import { LIMIT_NAMES, parseLimits } from "./server-limits.ts";
import { listenHostOf, untilStopped } from "./until-stopped.ts";
import { wrapWords } from "./wrap-words.ts";

const OPTIONS: OptionTable = {
  script: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string" },
  "control-host": { type: "string", default: "127.0.0.1" },
  "control-port": { type: "string" },
  "api-key": { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
  events: { type: "boolean", default: false },
  "new-ids": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire serve [options]

A mock of the Responses API in WebSocket mode that keeps what the real one keeps: a cache per connection and lane,
previous_response_id, pairing of calls and outputs, one response per lane at a time, limits, ages and close codes.
What the model says stands in a script.

  --script FILE          what the model says (default: a script that calls get_weather and then says thank you)
  --api-key KEY          accept this key alone; more than once if you like (default: any key the script answers)
  --host HOST            where it listens (default: 127.0.0.1)
  --port N               its port (default: 8475; 0 takes any free one)
  --control-port N       the port of the control API (default: 8476; 0 takes any free one)
  --control-host HOST    where that listens: whoever reaches it can do everything (default: 127.0.0.1)
  --events               print what happens to standard output, one JSON object a line, keys as fingerprints
  --new-ids              give out other ids after each start; without it the same ones come again
  --limit NAME=VALUE     another limit or habit, more than once if you like

Limits: ${wrapWords(LIMIT_NAMES.join(", "), { width: 108, indent: 8 })}

Examples
  npx cutwire serve
  npx cutwire serve --script script.json --events
  npx cutwire serve --limit inFlightMax=1 --limit connectionAgeMsMax=5000

  script.json: the turn whose userText stands in the user's message is played; a step with calls waits for all outputs
  {
    "turns": [
      {
        "userText": "Book a seat",
        "script": {
          "steps": [
            { "calls": [{ "operation": "book", "name": "book_seat", "arguments": { "seat": "12A" } }] },
            { "text": "It is booked.", "deltas": 3, "deltaGapMs": 50 }
          ]
        }
      }
    ]
  }
  Different keys, different conversations:
  { "formatVersion": 1, "conversations": { "KEY": { "turns": [...] } }, "anyKey": { "turns": [...] } }

While it runs, the control API has it misbehave, once or as often as "times" says
  the next dial is refused:
  curl -d '{"at":{"point":"P1","edge":"before"},"action":{"kind":"refuse","status":429,"retryAfterSeconds":2}}' \\
    http://127.0.0.1:8476/orders
  the next response is cut off behind its first text delta:
  curl -d '{"at":{"type":"response.output_text.delta","edge":"after"},"action":{"kind":"close","code":1012}}' \\
    http://127.0.0.1:8476/orders
  everything that connections remember is forgotten:
  curl -d '{"what":"connections"}' http://127.0.0.1:8476/sessions/KEY/forget
  and more: GET /connections /orders /holds /events, PUT /scripts/KEY, DELETE /orders/ID, POST /holds/ID/release

Ctrl-C and SIGTERM close every connection with 1001, a second one does not wait for that.
Exit codes: 0 stopped, 3 wrong use, a script that cannot be played or a port in use, 4 cutwire itself failed,
130 stopped twice.
`;

/** `cutwire serve`: the reference server alone, for somebody who wants a mock with real session semantics. */
export const serveCommand: Command = {
  name: "serve",
  summary: "a mock of the Responses API over WebSocket with real session semantics",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "serve");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    // What was given is not repeated: it may be a key whose option was forgotten.
    if (given.positionals.length > 0) {
      throw new HarnessError(
        "HARNESS_INVALID_OPTION",
        'A word stands there that belongs to no option. "cutwire serve --help" lists the options.',
      );
    }
    const opened: { close(): Promise<void> }[] = [];
    try {
      await open(given, context, opened);
      await untilStopped(context.signal);
      return 0;
    } finally {
      for (const part of opened.toReversed()) await part.close();
    }
  },
};

/** Opens the server and its control API, and says where they are; what is open is put into the list at once. */
async function open(
  given: GivenArguments,
  context: CommandContext,
  opened: { close(): Promise<void> }[],
): Promise<void> {
  const clock = createSystemClock();
  const events = createEventLog();
  const showsEvents = given.flag("events");
  const apiKeys = given.texts("api-key");
  const conversations = openConversations({ file: given.text("script"), directory: context.directory, apiKeys });
  const onEvent = (event: ServerEvent): void => {
    events.record(event);
    if (showsEvents) context.print(`${printEventLine(event)}\n`);
  };
  const limits = parseLimits(given.texts("limit"));
  const controlPort = given.count("control-port", { least: 0, most: 65_535, fallback: 8476 });
  const server = await openResponsesServer({
    ...limits,
    clock,
    host: listenHostOf(given.text("host") ?? "127.0.0.1"),
    port: given.count("port", { least: 0, most: 65_535, fallback: 8475 }),
    scriptOf: conversations.scriptOf,
    ...(given.flag("new-ids") ? { identitySalt: String(drawSeed()) } : {}),
    onEvent,
  });
  opened.push(server);
  const control = await openControlApi({
    clock,
    host: listenHostOf(given.text("control-host") ?? "127.0.0.1"),
    port: controlPort,
    control: server.control,
    events,
  });
  opened.push(control);
  const lines = printPlaces({ url: server.url, controlUrl: control.url, isOpenToAll: conversations.isOpenToAll });
  if (showsEvents) {
    context.note(lines);
    const places = { url: server.url, webSocketUrl: webSocketUrlOf(server.url), controlUrl: control.url };
    context.print(`${JSON.stringify({ kind: "listening", ...places })}\n`);
  } else {
    context.print(`${lines}\n`);
  }
}

type Places = { readonly url: string; readonly controlUrl: string; readonly isOpenToAll: boolean };

/** Everything but the assignments is a comment of the shell, so that the whole can be pasted. */
function printPlaces({ url, controlUrl, isOpenToAll }: Places): string {
  return [
    "# A Responses server listens. In the shell of your client:",
    `export OPENAI_BASE_URL=${url}`,
    isOpenToAll ? "export OPENAI_API_KEY=any" : "# and OPENAI_API_KEY with a key that it accepts",
    `# WebSocket    ${webSocketUrlOf(url)}`,
    `# control API  ${controlUrl}`,
  ].join("\n");
}

function webSocketUrlOf(url: string): string {
  return `${url.replace(/^http/, "ws")}/responses`;
}
