import { describe, expect, it } from "vitest";

import { createSystemClock } from "../../determinism/clock.ts";
import { createMemoryHistorySink } from "../../history/history-sink.ts";
import { createRecorder } from "../../history/recorder.ts";
import { imageServer, isImageSpecification } from "./image-server.ts";

const environment = { TOKEN: "from-here" };

describe("the specification of an image", () => {
  it.each([
    ["image=a,port=80", { image: "a", port: 80, env: {}, basePath: "/v1" }],
    [
      "image=registry.example:5000/a/b@sha256:12,port=1,health=/ok?deep=1,path=/openai/v1/",
      {
        image: "registry.example:5000/a/b@sha256:12",
        port: 1,
        env: {},
        health: "/ok?deep=1",
        basePath: "/openai/v1",
      },
    ],
    [
      "image=a,port=80,env=LIST=1,2,3,env=URL=http://b/?c=d,env=TOKEN",
      { image: "a", port: 80, env: { LIST: "1,2,3", URL: "http://b/?c=d", TOKEN: "from-here" }, basePath: "/v1" },
    ],
  ])("%s", (text, image) => {
    expect(isImageSpecification(text)).toBe(true);
    expect(imageServer(text, { environment })).toMatchObject({ name: text, isScripted: false, image });
    expect(imageServer(text, { environment }).image).toEqual(image);
  });

  it.each([
    ["image=a", "does not say on which port it listens"],
    ["image=a,port=0", "does not say on which port it listens"],
    ["image=a,port=web", "does not say on which port it listens"],
    ["image=,port=1", "says nothing behind image="],
    ["image=a,port=1,port=2", "has port= twice"],
    ["image=a,port=1,health=ok", "has a health= that begins with no slash"],
    ["image=a,port=1,env=ABSENT", "asks for the variable ABSENT, which is not set here"],
  ])("%s is refused: it %s", (text, why) => {
    expect(() => imageServer(text, { environment })).toThrow(
      expect.objectContaining({ code: "HARNESS_INVALID_OPTION", message: expect.stringContaining(why) }),
    );
  });

  it("keeps a variable that is handed on out of the name that is stored", () => {
    expect(imageServer("image=a,port=1,env=TOKEN", { environment }).name).not.toContain("from-here");
  });

  it("is not run in this process", async () => {
    const clock = createSystemClock();
    const recorder = createRecorder({ clock, sink: createMemoryHistorySink(), eventsMax: 9, onFull: () => undefined });
    const opening = imageServer("image=a,port=1", { environment }).open({ scripts: new Map(), clock, recorder });
    await expect(opening).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
  });
});
