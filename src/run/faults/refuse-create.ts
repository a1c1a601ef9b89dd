import { createDeferred } from "../../determinism/waiting.ts";
import type { RefuseCreateFault } from "../../plan/protocol-faults.ts";
import { type JsonObject, textMember } from "../../protocol/json.ts";
import { applierFor, type FaultApplier } from "../fault-applier.ts";
import { behind, DROPPED, serverMessage } from "../tap/message-editor.ts";
import type { MessageFaces } from "../tap/message-faces.ts";
import { errorFrameOf } from "../tap/stated-error-frame.ts";

/** Answers the next creates of a session in the server's place. */
export const refuseCreate: FaultApplier = applierFor("refuse-create", async (fault, { wire }) => {
  const { faces } = wire;
  const struck = createDeferred<void>();
  const refusals = createRefusals(fault);
  const editor = faces.addEditor({
    direction: "to-server",
    edit({ unit, connection }) {
      if (unit.kind !== "message" || unit.type !== "response.create" || !refusals.take(unit.body)) return undefined;
      // Where the connection goes before its answer, the client sees what it sees whenever that happens.
      answer(faces, { fault, connection, lane: textMember(unit.body, "stream_id") }).then(
        () => struck.resolve(),
        () => undefined,
      );
      return DROPPED;
    },
  });
  return { struck: struck.promise, shortfall: () => refusals.shortfall(), undo: async () => editor.remove() };
});

async function answer(
  faces: MessageFaces,
  to: { readonly fault: RefuseCreateFault; readonly connection: number; readonly lane: string | undefined },
): Promise<void> {
  const { fault, connection, lane } = to;
  const place = { connection, direction: "to-client" } as const;
  await faces.insert(place, () => {
    const labels = lane === undefined ? {} : { lane };
    const body = errorFrameOf(fault.error, { lane });
    return [serverMessage(body, behind(faces.lastUnit(place)), { altered: "injected", labels })];
  });
}

type Refusals = { take(create: JsonObject): boolean; shortfall(): string | undefined };

function createRefusals({ creates, times }: RefuseCreateFault): Refusals {
  const refusedIds = new Set<string>();
  let came = 0;
  return {
    take(create) {
      const previous = textMember(create, "previous_response_id");
      if (creates === "chained") {
        if (previous === undefined) return false;
        // A server that does not know an id does not know it when it is asked again.
        if (refusedIds.has(previous)) return true;
        if (came < times) refusedIds.add(previous);
      }
      if (came >= times) return false;
      came += 1;
      return true;
    },
    shortfall: () => (came === times ? undefined : `only ${came} of ${times} creates came to be refused`),
  };
}
