/** A client that does nothing of what it is asked: it hears no abort, runs no tool, and answers what it likes. */
export const client = {
  name: "deaf",
  contract: { toolEffects: "at-most-once" },
  async open({ report }) {
    return {
      async runTurn(userText) {
        report({ kind: "text", text: "42" });
        // The endless turn is never over.
        if (userText === "Go on.") await new Promise(() => undefined);
        return { outcome: "completed", text: "42" };
      },
      close: async () => undefined,
    };
  },
};
