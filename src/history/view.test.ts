import { expect, it } from "vitest";

import { keptView } from "./view.ts";

it("a view is put together once for each history, and again when the history has grown", () => {
  let collected = 0;
  const total = keptView(
    (numbers: readonly number[]) => {
      collected += 1;
      return numbers.reduce((sum, number) => sum + number, 0);
    },
    (numbers) => numbers.length,
  );
  const history = [1, 2];
  expect([total(history), total(history), total([1, 2])]).toEqual([3, 3, 3]);
  expect(collected).toBe(2);
  history.push(4);
  expect([total(history), total(history)]).toEqual([7, 7]);
  expect(collected).toBe(3);
});
