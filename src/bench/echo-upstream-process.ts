/** The process that sends back whatever it gets: the upstream of every proxy that is measured. */
import { listenOnLoopback } from "./loopback-listener.ts";
import { serveParty } from "./party-process.ts";

const port = await listenOnLoopback((socket) => {
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});

serveParty(() => ({ port }));
