import type { ErrorFault } from "../../plan/protocol-faults.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { isTerminalEventType } from "../../protocol/server-events.ts";
import { textMember } from "../../protocol/json.ts";
import { applierFor, connectionOf, type FaultApplier, type FaultSite } from "../fault-applier.ts";
import { behind, DROPPED, type OutgoingPiece, serverMessage } from "../tap/message-editor.ts";
import type { MessageLabels } from "../tap/message-labels.ts";
import type { OpenRequest } from "../tap/open-requests.ts";
import { errorFrameOf } from "../tap/stated-error-frame.ts";

/** Ends the oldest request of a connection with an error, and keeps from the client what the server still says of it. */
export const error: FaultApplier = applierFor("error", async (fault, site) => {
  const { wire } = site;
  const connection = connectionOf(site);
  const place = { connection, direction: "to-client" } as const;
  let rest: { remove(): void } | undefined;
  await wire.faces.insert(place, () => {
    const request = wire.faces.oldestRequest(connection);
    const pieces = piecesOf(fault, request, { site, connection });
    if (request !== undefined) rest = leaveOutRest(site, connection, request.lane);
    return pieces;
  });
  if (fault.close !== undefined) await wire.closeWithFrame({ code: fault.close, reason: "" }, connection);
  // The request stays ended when the fault heals, so the rest of its answer stays left out.
  void wire.connectionGone(connection).then(() => rest?.remove());
  return { undo: async () => undefined };
});

function piecesOf(
  fault: ErrorFault,
  request: OpenRequest | undefined,
  { site, connection }: { readonly site: FaultSite; readonly connection: number },
): readonly OutgoingPiece[] {
  const frames = fault.frames ?? "error";
  const like = behind(site.wire.faces.lastUnit({ connection, direction: "to-client" }));
  const responseId = request?.response === undefined ? undefined : textMember(request.response, "id");
  const lane = request?.lane;
  const labels: MessageLabels = {
    ...(lane === undefined ? {} : { lane }),
    ...(responseId === undefined ? {} : { responseId }),
  };
  const sequenceNumber = request?.nextSequenceNumber ?? 0;
  const said: JsonObject[] = [];
  if (frames.startsWith("error")) said.push(errorFrameOf(fault.error, { lane, sequenceNumber }));
  if (frames !== "error") {
    if (request?.response === undefined) throw new Error(`no response has begun that could be ${frames}`);
    said.push(endingOf(fault, request.response, { lane, sequenceNumber: sequenceNumber + said.length }));
  }
  return said.map((body) => serverMessage(body, like, { altered: "injected", labels }));
}

function endingOf(
  { error: stated, frames }: ErrorFault,
  response: JsonObject,
  { lane, sequenceNumber }: { readonly lane: string | undefined; readonly sequenceNumber: number },
): JsonObject {
  const head = { sequence_number: sequenceNumber, ...(lane === undefined ? {} : { stream_id: lane }) };
  const code = stated.code ?? "server_error";
  return frames === "incomplete"
    ? {
        type: "response.incomplete",
        ...head,
        response: { ...response, status: "incomplete", incomplete_details: { reason: code } },
      }
    : {
        type: "response.failed",
        ...head,
        response: { ...response, status: "failed", error: { code, message: stated.message } },
      };
}

/** The server does not know that its requests are over and goes on; the client must not hear of that. */
function leaveOutRest({ wire }: FaultSite, connection: number, lane: string | undefined): { remove(): void } {
  let left = wire.faces.requestCount(connection, lane);
  return wire.faces.addEditor({
    direction: "to-client",
    connection,
    edit({ unit }) {
      if (left === 0 || unit.kind !== "message" || textMember(unit.body, "stream_id") !== lane) return undefined;
      if (isTerminalEventType(unit.type)) left -= 1;
      return DROPPED;
    },
  });
}
