import type { Checker } from "./check/checker.ts";
import { anchorInScope } from "./check/checkers/anchor-in-scope.ts";
import { attemptsIsolated } from "./check/checkers/attempts-isolated.ts";
import { backoffGrows } from "./check/checkers/backoff-grows.ts";
import { backoffResetsOnSuccess, resetsNeedUse } from "./check/checkers/backoff-resets-on-success.ts";
import { callRunsOnce } from "./check/checkers/call-runs-once.ts";
import { callsArePaired } from "./check/checkers/calls-are-paired.ts";
import { clientDoesNotCrash } from "./check/checkers/client-does-not-crash.ts";
import { closeCodePolicy } from "./check/checkers/close-code-policy.ts";
import { completedMeansCompleted } from "./check/checkers/completed-means-completed.ts";
import { contextStaysWhole } from "./check/checkers/context-stays-whole.ts";
import { deltaStaysHome } from "./check/checkers/delta-stays-home.ts";
import { dialsNotEarly } from "./check/checkers/dials-not-early.ts";
import { effectNotRepeated } from "./check/checkers/effect-not-repeated.ts";
import { eventsAttributed } from "./check/checkers/events-attributed.ts";
import { everyWaitEnds } from "./check/checkers/every-wait-ends.ts";
import { honestSend } from "./check/checkers/honest-send.ts";
import { localErrorsAreInstant } from "./check/checkers/local-errors-are-instant.ts";
import { noHopelessRetry } from "./check/checkers/no-hopeless-retry.ts";
import { recoversOrReports } from "./check/checkers/recovers-or-reports.ts";
import { resultNotLost } from "./check/checkers/result-not-lost.ts";
import { attemptsEndInAWord, retriesAreBounded } from "./check/checkers/retries-are-bounded.ts";
import { fleetSpreads, retriesSpread } from "./check/checkers/retries-spread.ts";
import { retryShare } from "./check/checkers/retry-share.ts";
import { saidBeforeRun } from "./check/checkers/said-before-run.ts";
import { sequenceRespected } from "./check/checkers/sequence-respected.ts";
import { hintsAreKept, serverHints } from "./check/checkers/server-hints.ts";
import { sessionStaysUsable } from "./check/checkers/session-stays-usable.ts";
import { singleFlight } from "./check/checkers/single-flight.ts";
import { staleAnchorDropped } from "./check/checkers/stale-anchor-dropped.ts";
import { waitsKeepGrowing } from "./check/checkers/waits-keep-growing.ts";
import { createSystemClock } from "./determinism/clock.ts";
import type { Reporter } from "./report/reporter.ts";
import { consoleReporter } from "./report/reporters/console.ts";
import { githubReporter } from "./report/reporters/github.ts";
import { jsonReporter } from "./report/reporters/json.ts";
import { junitReporter } from "./report/reporters/junit.ts";
import type { Harness } from "./reproduce/harness.ts";
import { CONTAINER_SESSIONS_MAX, createContainerBackend } from "./run/backends/container.ts";
import { embedded } from "./run/backends/embedded.ts";
import { createExternalBackend } from "./run/backends/external.ts";
import { simulation } from "./run/backends/simulation.ts";
import type { ExternalPlace } from "./run/external-place.ts";
import type { FaultApplier } from "./run/fault-applier.ts";
import { clockStep } from "./run/faults/clock-step.ts";
import { close } from "./run/faults/close.ts";
import { container } from "./run/faults/container.ts";
import { corrupt } from "./run/faults/corrupt.ts";
import { cut } from "./run/faults/cut.ts";
import { error } from "./run/faults/error.ts";
import { forget } from "./run/faults/forget.ts";
import { fragment } from "./run/faults/fragment.ts";
import { freeze } from "./run/faults/freeze.ts";
import { messageLimit } from "./run/faults/message-limit.ts";
import { noCloseAnswer } from "./run/faults/no-close-answer.ts";
import { noPong } from "./run/faults/no-pong.ts";
import { refuseCreate } from "./run/faults/refuse-create.ts";
import { refuse } from "./run/faults/refuse.ts";
import { reject } from "./run/faults/reject.ts";
import { repeatItem } from "./run/faults/repeat-item.ts";
import { reuseCallIds } from "./run/faults/reuse-call-ids.ts";
import { sequence } from "./run/faults/sequence.ts";
import { silence } from "./run/faults/silence.ts";
import { stall } from "./run/faults/stall.ts";
import { toxic } from "./run/faults/toxic.ts";
import { upgrade } from "./run/faults/upgrade.ts";
import { externalServer } from "./run/targets/external-server.ts";
import { imageServer, isImageSpecification } from "./run/targets/image-server.ts";
import { referenceServer } from "./run/targets/reference-server.ts";

/** Every checker, in the order of the rules. */
export const CHECKERS: readonly Checker[] = [
  callRunsOnce,
  effectNotRepeated,
  resultNotLost,
  callsArePaired,
  saidBeforeRun,
  anchorInScope,
  contextStaysWhole,
  staleAnchorDropped,
  deltaStaysHome,
  eventsAttributed,
  sequenceRespected,
  attemptsIsolated,
  completedMeansCompleted,
  recoversOrReports,
  sessionStaysUsable,
  everyWaitEnds,
  localErrorsAreInstant,
  closeCodePolicy,
  honestSend,
  backoffGrows,
  retriesSpread,
  backoffResetsOnSuccess,
  retriesAreBounded,
  serverHints,
  singleFlight,
  clientDoesNotCrash,
  dialsNotEarly,
  waitsKeepGrowing,
  fleetSpreads,
  attemptsEndInAWord,
  hintsAreKept,
  noHopelessRetry,
  resetsNeedUse,
  retryShare,
];

/** Every reporter, by the name that the command line knows it by. */
export const REPORTERS: ReadonlyMap<string, Reporter> = byName([
  consoleReporter,
  jsonReporter,
  junitReporter,
  githubReporter,
]);

/** What makes each kind of fault happen. */
const APPLIERS: readonly FaultApplier[] = [
  clockStep,
  close,
  container,
  corrupt,
  cut,
  error,
  forget,
  fragment,
  freeze,
  messageLimit,
  noCloseAnswer,
  noPong,
  refuse,
  refuseCreate,
  reject,
  repeatItem,
  reuseCallIds,
  sequence,
  silence,
  stall,
  toxic,
  upgrade,
];

/** Registered clients. Each is a module, because a process of its own loads it. */
const CLIENT_MODULES: Readonly<Record<string, string>> = {
  reference: "./run/clients/reference.js",
  "openai-agents": "./run/clients/openai-agents.js",
  "openai-responses-ws": "./run/clients/openai-responses-ws.js",
  "openai-responses-ws-reconnect": "./run/clients/openai-responses-ws-reconnect.js",
  "planted:M01": "./run/clients/planted/m01.js",
  "planted:M02": "./run/clients/planted/m02.js",
  "planted:M03": "./run/clients/planted/m03.js",
  "planted:M04": "./run/clients/planted/m04.js",
  "planted:M05": "./run/clients/planted/m05.js",
  "planted:M06": "./run/clients/planted/m06.js",
  "planted:M07": "./run/clients/planted/m07.js",
  "planted:M08": "./run/clients/planted/m08.js",
  "planted:M09": "./run/clients/planted/m09.js",
  "planted:M11": "./run/clients/planted/m11.js",
  "planted:M12": "./run/clients/planted/m12.js",
  "planted:M13": "./run/clients/planted/m13.js",
  "planted:M17": "./run/clients/planted/m17.js",
  "planted:M18": "./run/clients/planted/m18.js",
  "planted:M20": "./run/clients/planted/m20.js",
  "planted:M21": "./run/clients/planted/m21.js",
  "planted:M24": "./run/clients/planted/m24.js",
  "planted:M25": "./run/clients/planted/m25.js",
  "planted:M26": "./run/clients/planted/m26.js",
  "planted:M27": "./run/clients/planted/m27.js",
  "planted:M28": "./run/clients/planted/m28.js",
  "planted:M29": "./run/clients/planted/m29.js",
  "planted:M30": "./run/clients/planted/m30.js",
  "planted:M35": "./run/clients/planted/m35.js",
};

/** Where things are that the harness does not start itself. */
export type Places = {
  readonly external?: ExternalPlace;
  /** How many sessions can run in containers at a time; 32 where absent. */
  readonly containerSessionsMax?: number;
};

/** Opens the harness with everything that comes with it. */
export function createHarness(places: Places = {}): Harness {
  const clock = createSystemClock();
  const inContainers = createContainerBackend({
    clock,
    sessionsMax: places.containerSessionsMax ?? CONTAINER_SESSIONS_MAX,
  });
  return {
    clock,
    backends: byName([embedded, simulation, inContainers, createExternalBackend(places.external)]),
    targets: byName([referenceServer]),
    targetAt: (text) =>
      isImageSpecification(text)
        ? imageServer(text, { ...keyFromEnvironment(), environment: process.env })
        : externalServer(text, keyFromEnvironment()),
    clients: new Map(Object.entries(CLIENT_MODULES).map(([name, path]) => [name, new URL(path, import.meta.url).href])),
    appliers: new Map(APPLIERS.map((applier) => [applier.kind, applier])),
    checkers: CHECKERS,
  };
}

/** The key for a server of the user's own: secrets stand in no command line and in no file of a run. */
function keyFromEnvironment(): { readonly apiKey?: string } {
  const apiKey = process.env["CUTWIRE_API_KEY"];
  return apiKey === undefined || apiKey === "" ? {} : { apiKey };
}

function byName<Value extends { readonly name: string }>(values: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(values.map((value) => [value.name, value]));
}
