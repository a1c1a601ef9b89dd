import { collectDials } from "../../history/dials.ts";
import { describeFault } from "../../plan/fault-catalogue.ts";
import { type Checker, evidenceOf, notExercised } from "../checker.ts";
import { openTurnAt } from "../retry-waits.ts";

/** From how many creates on a run is long enough to speak of a share. */
const CREATES_MIN = 100;
/** Faults may meet this share of the creates; where they meet more, the wire asks for the retries. */
const FAULTS_SHARE_MAX = 0.05;
const RETRIES_SHARE_MAX = 0.1;

/** B8: over a long run that is mostly healthy, retries are few. */
export const retryShare: Checker = {
  name: "retry-share",
  rule: "B8",
  claim: "Over a long run retries are at most 10 % of the creates, where faults meet fewer than 5 % of them.",
  evidence: "Every create that was a retry.",
  undecided:
    "Unknown never: it asks for no time. Not exercised below 100 creates, and where faults meet more, or a whole wire instead of one connection.",
  source: "protocol.md §7 B8 (Google SRE book, ch. 21: a client's retries stay below 10 % of its requests)",
  advice:
    "Look for a second layer that retries what the first one retries already; one failure then makes several requests.",
  check({ history, plan, turns }) {
    const dials = collectDials(history);
    const creates = dials.flatMap(({ session, creates: own }) => own.map((create) => ({ session, create })));
    if (creates.length < CREATES_MIN)
      return notExercised(`there were ${creates.length} creates, and ${CREATES_MIN} are needed`);
    const isOfWires = plan.faults.some(({ fault }) => describeFault(fault).scope !== "connection");
    const faults = history.filter(({ kind }) => kind === "fault-applied").length;
    if (isOfWires || faults > creates.length * FAULTS_SHARE_MAX) {
      return notExercised("the faults themselves ask for more retries");
    }
    const retries = creates
      .filter(({ session, create }, index) => {
        const turn = openTurnAt(turns, session, create.sent);
        const before = creates.slice(0, index).findLast((other) => other.session === session)?.create;
        if (before === undefined || openTurnAt(turns, session, before.sent) !== turn) return false;
        return before.ended?.type !== "response.completed";
      })
      .map(({ create }) => create.sent);
    const said = `${retries.length} of ${creates.length} creates were retries`;
    const isTooMany = retries.length > creates.length * RETRIES_SHARE_MAX;
    return {
      outcome: isTooMany ? "violated" : "holds",
      message: said,
      evidence: isTooMany ? evidenceOf(...retries) : [],
    };
  },
};
