import { toxiproxyAttribute, type Toxic, type ToxicAttributes, type ToxicType } from "../toxic.ts";

/**
 * Ends the direction after `bytes` bytes, counted from when the toxic met the link; the last chunk is cut to fit.
 *
 * Attributes: `bytes`. With 0 the next chunk ends the direction and none of it is passed. A change keeps the count. As
 * Toxiproxy's.
 */
export const limitData: ToxicType = {
  type: "limit_data",
  attributes: [toxiproxyAttribute("bytes")],
  create: createLimitData,
};

function createLimitData(initial: ToxicAttributes): Toxic {
  let limitBytes = initial["bytes"] ?? 0;
  let passedBytes = 0;
  return {
    onChunk(bytes, link) {
      const room = Math.max(limitBytes - passedBytes, 0);
      const fitting = room < bytes.length ? bytes.subarray(0, room) : bytes;
      passedBytes += fitting.length;
      link.pass(fitting);
      // Only a chunk can end it: a limit that was changed to less than was passed waits for the next one.
      if (passedBytes >= limitBytes) link.end();
    },
    onEnd: (link) => link.end(),
    onChange(changed) {
      limitBytes = changed["bytes"] ?? 0;
    },
  };
}
