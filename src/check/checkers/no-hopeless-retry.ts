import { collectDials, type DialledCreate, type ObservedDial } from "../../history/dials.ts";
import type { ProtocolError } from "../../protocol/error-shapes.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { CLOSE_UNANSWERED, DETERMINISTIC_CLOSE_CODES, laterDials, repeatsOf } from "../repeats.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** B6: what cannot succeed is not tried again. */
export const noHopelessRetry: Checker = {
  name: "no-hopeless-retry",
  rule: "B6",
  claim:
    "A refused request is not sent again unchanged within its turn: after 400-class answers, quota codes, and close codes 1002, 1003 and 1007 to 1010; after 401 and 403 once at most.",
  evidence: "The create or dial, the refusal, and the same thing again.",
  undecided:
    "Unknown where the client answered the Close frame with none: it may have left before it read that one. Not exercised where nothing was refused for good.",
  source: "protocol.md §7 B6, §4.4",
  advice:
    "Classify an error by status and code before the backoff sees it; what the request itself is to blame for ends the turn.",
  check(context) {
    const dials = collectDials(context.history);
    const judged = dials.flatMap((dial) => [
      ...upgradeFindings(dial, dials, context),
      ...createFindings(dial, dials, context),
    ]);
    if (judged.length === 0) return notExercised("nothing was refused for good");
    return worstOf(judged, `none of ${judged.length} refusals was met with the same request`);
  },
};

/** Statuses of the 400 class that pass: timeout, conflict, too early, too many. */
const PASSING_STATUSES: readonly number[] = [408, 409, 425, 429];

const AUTHENTICATION_STATUSES: readonly number[] = [401, 403];

function isHopelessStatus(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING_STATUSES.includes(status);
}

/** An answer to the upgrade: the dial itself is the request, and the client may get new credentials once. */
function upgradeFindings(
  dial: ObservedDial,
  dials: readonly ObservedDial[],
  { turns }: CheckContext,
): readonly Finding[] {
  const { end } = dial;
  const status = end?.status;
  if (end === undefined || status === undefined || !isHopelessStatus(status)) return [];
  const [next, afterNext] = laterDials(end.event, dials, turns);
  const mayTryOnce = AUTHENTICATION_STATUSES.includes(status);
  // Where that try was let in, or lost in another way, nothing says that the credentials are still what is wrong.
  if (mayTryOnce && !AUTHENTICATION_STATUSES.includes(next?.end?.status ?? 101)) return [FINE];
  const again = mayTryOnce ? afterNext : next;
  if (again === undefined) return [FINE];
  const message = `session ${dial.session}: the upgrade was refused with ${status}, and the client dialled again`;
  return [{ outcome: "violated", message, evidence: evidenceOf(end.event, again.dialled) }];
}

function createFindings(
  dial: ObservedDial,
  dials: readonly ObservedDial[],
  { turns }: CheckContext,
): readonly Finding[] {
  return dial.creates.flatMap((create) => {
    const refused = refusalOf(create, dial);
    if (refused === undefined) return [];
    const again = repeatsOf(create, dials, turns).find(({ sent }) => sent.sequence > refused.event.sequence);
    if (again === undefined) return [FINE];
    const message = `session ${dial.session}: a create was refused with ${refused.what}, and the same create was sent again`;
    const evidence = evidenceOf(create.sent, refused.event, again.sent);
    if (refused.event === dial.end?.event && dial.clientClose === undefined) {
      return [{ outcome: "unknown" as const, message: `${message}; ${CLOSE_UNANSWERED}`, evidence }];
    }
    return [{ outcome: "violated" as const, message, evidence }];
  });
}

function refusalOf(
  { refusal, ended }: DialledCreate,
  { end }: ObservedDial,
): { readonly what: string; readonly event: { readonly sequence: number } } | undefined {
  if (refusal !== undefined && ended !== undefined && isHopelessError(refusal)) {
    const { code, status, type } = refusal;
    return { what: String(code ?? status ?? type ?? "an error"), event: ended };
  }
  const isClosed = ended === undefined && end?.by === "peer" && end.closeCode !== undefined;
  if (!isClosed || !DETERMINISTIC_CLOSE_CODES.includes(end.closeCode)) return undefined;
  return { what: `close code ${end.closeCode}`, event: end.event };
}

const CURABLE_CODES: readonly string[] = [
  "previous_response_not_found",
  "websocket_connection_limit_reached",
  "websocket_stream_limit_reached",
];

function isHopelessError({ code, type, status }: ProtocolError): boolean {
  if (code !== undefined && CURABLE_CODES.includes(code)) return false;
  if (/quota|usage_(limit|not)|credit/.test(`${code ?? ""} ${type ?? ""}`)) return true;
  return status !== undefined && isHopelessStatus(status);
}
