import type { SessionScript } from "../protocol/model-script.ts";

/**
 * What `cutwire serve` plays where no script is given: it asks for the weather of a city by a function call, then says
 * what to do next.
 *
 * Its only turn has an empty text, which stands in whatever the user says, so it answers everybody; a script in a file
 * has to say which text each turn answers.
 */
export const DEFAULT_SCRIPT: SessionScript = {
  turns: [
    {
      userText: "",
      script: {
        steps: [
          {
            text: "I will look at the weather first.",
            calls: [{ operation: "look-up", name: "get_weather", arguments: { city: "Lisbon" } }],
          },
          {
            text:
              "Thank you, the result of get_weather has arrived. This is the script that cutwire comes with; " +
              "give one of your own with --script FILE.",
          },
        ],
      },
    },
  ],
};
