import { frame } from "./wire-bed.test-support.ts";

/** The frames of a session that uses one tool, by what they are. */
export type Conversation = Readonly<
  Record<
    "create" | "created" | "added" | "argumentsDelta" | "done" | "completed" | "createAfterTool" | "createdAfterTool",
    Buffer
  > &
    Record<"textDelta" | "completedTurn", Buffer>
>;

const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "perform",
  arguments: '{"operation":"book"}',
};

/** A client's create, masked as a client masks it. */
export function createFrame(input: unknown, more: object = {}): Buffer {
  return frame({ type: "response.create", model: "m", input, ...more }, { mask: true });
}

/** An event of the server. */
export function serverFrame(type: string, more: object = {}): Buffer {
  return frame({ type, ...more });
}

/** One of each, with the ids that belong together. */
export const conversation: Conversation = {
  create: createFrame("book a seat"),
  created: serverFrame("response.created", { response: { id: "resp_1" } }),
  added: serverFrame("response.output_item.added", { item: { ...call, arguments: "" } }),
  argumentsDelta: serverFrame("response.function_call_arguments.delta", { delta: '{"op' }),
  done: serverFrame("response.output_item.done", { item: call }),
  completed: serverFrame("response.completed", { response: { id: "resp_1", output: [call] } }),
  createAfterTool: createFrame([{ type: "function_call_output", call_id: "call_1", output: "ok" }], {
    previous_response_id: "resp_1",
  }),
  createdAfterTool: serverFrame("response.created", { response: { id: "resp_2" } }),
  textDelta: serverFrame("response.output_text.delta", { delta: "Booked." }),
  completedTurn: serverFrame("response.completed", { response: { id: "resp_2", output: [] } }),
};
