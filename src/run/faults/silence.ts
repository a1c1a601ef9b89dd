import { OPCODE } from "../../protocol/frame-scanner.ts";
import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";
import { again, behind, controlFrame, KEPT_BACK, type OutgoingPiece } from "../tap/message-editor.ts";

/** Keeps the server's messages back; they come, in their order, when it heals. */
export const silence: FaultApplier = applierFor("silence", async ({ pingEveryMs }, site) => {
  const { faces } = site.wire;
  const { clock } = site;
  const place = { connection: connectionOf(site), direction: "to-client" } as const;
  const kept: OutgoingPiece[] = [];
  // A Close frame is the server's last word and must not come before the others; pings and pongs are signs of life.
  const editor = faces.addEditor({
    ...place,
    edit(message) {
      const { unit } = message;
      if (unit.kind === "control" && unit.opcode !== "close") return undefined;
      kept.push(again({ ...message, bytes: Buffer.from(message.bytes) }, "moved"));
      return KEPT_BACK;
    },
  });
  const ping = (): readonly OutgoingPiece[] => [
    controlFrame(OPCODE.ping, behind(faces.lastUnit(place)), { altered: "injected" }),
  ];
  let isOver = false;
  let timer = pingEveryMs === undefined ? undefined : clock.startTimer(pingEveryMs, pingAgain);

  function pingAgain(): void {
    // The connection may go while its ping is under way, and with it the need for one.
    faces.insert(place, ping).then(
      () => {
        if (!isOver && pingEveryMs !== undefined) timer = clock.startTimer(pingEveryMs, pingAgain);
      },
      () => undefined,
    );
  }

  return {
    async undo() {
      isOver = true;
      timer?.cancel();
      const giveBack = (): readonly OutgoingPiece[] => {
        editor.remove();
        return kept.splice(0);
      };
      // Nobody is left to hear it where the connection is gone.
      await faces.insert(place, giveBack).catch(() => undefined);
      editor.remove();
    },
  };
});
