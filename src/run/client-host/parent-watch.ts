/** A thread that ends its process when the process that started it is gone, whatever the main thread is doing. */
import { workerData } from "node:worker_threads";

import { createSystemClock } from "../../determinism/clock.ts";
import { isJsonObject } from "../../protocol/json.ts";

const LOOK_EVERY_MS = 1_000;

const parent = isJsonObject(workerData) ? workerData["parent"] : undefined;
const clock = createSystemClock();

function look(): void {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  clock.startTimer(LOOK_EVERY_MS, look);
}

look();
