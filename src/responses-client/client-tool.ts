import type { JsonSchema } from "../protocol/json.ts";

/** A function that the model may call: `{ name: "weather", description: "…", parameters: {…}, run }`. */
export type ClientTool = {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: JsonSchema;
  /** Takes the arguments as the model wrote them, one JSON text, and answers what the model will read. */
  run(argumentsJson: string): Promise<string>;
};
