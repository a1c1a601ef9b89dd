export { CLIENT_CONTRACT, type ClientSubject, describeClient } from "./client.ts";
export {
  BACKEND_CONTRACT,
  type BackendOptions,
  type BackendSubject,
  describeBackend,
  type PlanRunner,
} from "./backend.ts";
export { type Breach, type Clause, findBreaches } from "./clause.ts";
export { describeHistorySink, HISTORY_SINK_CONTRACT, type HistoryStore } from "./history-sink.ts";
export { describeJournal, JOURNAL_CONTRACT, type JournalStore } from "./journal.ts";
export { describeToolRunner, TOOL_RUNNER_CONTRACT, type ToolRunnerSubject } from "./tool-runner.ts";
export { describeToxic, TOXIC_CONTRACT, type ToxicSample, type ToxicSubject } from "./toxic.ts";
export { CHECKER_CONTRACT, type CheckerSubject, describeChecker } from "./checker.ts";
export { describeReporter, REPORTER_CONTRACT } from "./reporter.ts";
export { describeTarget, TARGET_CONTRACT, type TargetSubject } from "./target.ts";
