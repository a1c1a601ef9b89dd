/** Something that is to happen at a time. */
export type DueTask = {
  readonly dueMs: number;
  /** Place among the tasks of one queue; of two that are due at once the older one comes first. */
  readonly order: number;
  /** Who put it there, for {@link DueQueue.cancelAll}. */
  readonly owner: string;
  /** Undefined once it was cancelled. */
  run: (() => void) | undefined;
};

/** Tasks by the time at which they are due, and then by the order in which they were put in. */
export type DueQueue = {
  push(dueMs: number, run: () => void, owner: string): DueTask;
  /** Takes the next task out; undefined where none is left. Cancelled ones are passed over. */
  pop(): DueTask | undefined;
  cancel(task: DueTask): void;
  /** Cancels every task of an owner. */
  cancelAll(owner: string): void;
  /** How many tasks wait that were not cancelled. */
  size(): number;
};

/** Below this many cancelled tasks nothing is tidied up. */
const TIDY_FROM = 64;

/** Opens an empty queue: a binary heap that leaves cancelled tasks in it until half of it is cancelled. */
export function createDueQueue(): DueQueue {
  let heap: DueTask[] = [];
  let pushed = 0;
  let cancelled = 0;

  function tidy(): void {
    const waiting = heap.filter((task) => task.run !== undefined);
    heap = [];
    cancelled = 0;
    for (const task of waiting) siftUp(heap, task);
  }

  function cancel(task: DueTask): void {
    if (task.run === undefined) return;
    task.run = undefined;
    cancelled += 1;
    if (cancelled > TIDY_FROM && cancelled > heap.length / 2) tidy();
  }

  return {
    push(dueMs, run, owner) {
      const task: DueTask = { dueMs, order: pushed, owner, run };
      pushed += 1;
      siftUp(heap, task);
      return task;
    },
    pop() {
      for (let task = takeFirst(heap); task !== undefined; task = takeFirst(heap)) {
        if (task.run !== undefined) return taken(task);
        cancelled -= 1;
      }
      return undefined;
    },
    cancel,
    cancelAll(owner) {
      for (const task of heap.filter((candidate) => candidate.owner === owner)) cancel(task);
    },
    size: () => heap.length - cancelled,
  };
}

/** A task that was taken out cannot be cancelled any more, and is not counted as if it still lay there. */
function taken(task: DueTask): DueTask {
  const { dueMs, order, owner, run } = task;
  task.run = undefined;
  return { dueMs, order, owner, run };
}

function isBefore(left: DueTask, right: DueTask): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

function siftUp(heap: DueTask[], task: DueTask): void {
  let place = heap.length;
  heap.push(task);
  while (place > 0) {
    const parentPlace = (place - 1) >> 1;
    const parent = heap[parentPlace];
    if (parent === undefined || !isBefore(task, parent)) break;
    heap[place] = parent;
    place = parentPlace;
  }
  heap[place] = task;
}

function takeFirst(heap: DueTask[]): DueTask | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let place = 0;
  for (let childPlace = smallerChild(heap, place); ; childPlace = smallerChild(heap, place)) {
    const child = heap[childPlace];
    if (child === undefined || !isBefore(child, last)) break;
    heap[place] = child;
    place = childPlace;
  }
  heap[place] = last;
  return first;
}

/** The place of the child that comes first; one behind the end where there is no child. */
function smallerChild(heap: readonly DueTask[], place: number): number {
  const leftPlace = 2 * place + 1;
  const left = heap[leftPlace];
  const right = heap[leftPlace + 1];
  return left !== undefined && right !== undefined && isBefore(right, left) ? leftPlace + 1 : leftPlace;
}
