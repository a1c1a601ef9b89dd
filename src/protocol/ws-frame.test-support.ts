import * as ws from "ws";

/** What a frame is beside its payload; `readOnly` keeps ws from masking the payload in place. */
export type FrameOptions = {
  readonly fin: boolean;
  readonly opcode: number;
  readonly mask: boolean;
  readonly readOnly: boolean;
};

// The types of ws leave its Sender out, which makes the frames that ours are held against.
const { Sender } = ws as typeof ws & {
  readonly Sender: { frame(data: Buffer, options: FrameOptions): readonly Buffer[] };
};

/** A frame as `ws` makes it: a whole text message without a mask, unless the options say otherwise. */
export function wsFrame(payload: Buffer, options: Partial<FrameOptions> = {}): Buffer {
  return Buffer.concat(Sender.frame(payload, { fin: true, opcode: 1, mask: false, readOnly: true, ...options }));
}
