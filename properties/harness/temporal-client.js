/** A client that says what Temporal tells it: twice an instant, and then the same moment in other words. */
async function runTurn() {
  if (!("Temporal" in globalThis)) return { outcome: "completed", text: "there is no Temporal" };
  const { Now } = globalThis.Temporal;
  const first = Now.instant();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = Now.instant();
  const others = [
    Now.zonedDateTimeISO("UTC"),
    Now.plainDateTimeISO("UTC"),
    Now.plainDateISO("UTC"),
    Now.plainTimeISO("UTC"),
  ];
  const text = [second.since(first), ...others.map((moment) => moment.toString({ smallestUnit: "minute" }))].join(" ");
  return { outcome: "completed", text };
}

export const client = { name: "temporal", contract: {}, open: async () => ({ runTurn, close: async () => undefined }) };
