import { HarnessError } from "../../errors.ts";
import { drawSeed } from "../../determinism/random.ts";
import { type Backend, TOXIPROXY_CAPABILITIES } from "../backend.ts";
import type { ExternalPlace } from "../external-place.ts";
import { openRemoteReference } from "../remote/remote-reference.ts";
import { createSlotPool } from "../slot-pool.ts";
import type { Target } from "../target.ts";
import { openToxiproxyWires, refusalOfToxiproxy } from "../toxiproxy-wires.ts";

/**
 * A Toxiproxy that somebody else runs: proxies of our own are created for each run and removed with it, and nothing
 * else there is touched.
 *
 * @param place undefined where nobody has said where it is; then it can be named, but not opened
 */
export function createExternalBackend(place: ExternalPlace | undefined): Backend {
  const pool = createSlotPool(place?.listenPorts.length ?? 0, "--listen-ports");
  return {
    name: "external",
    capabilities: TOXIPROXY_CAPABILITIES,
    refusal: (scheduled) => refusalOfToxiproxy(scheduled, place?.tapUrl !== undefined),
    targetOf: (target) => (place === undefined ? target : targetThere(target, place)),
    async open(context) {
      const { toxiproxyUrl, listenPorts, upstream, tapUrl } = required(place);
      const lease = await pool.lease(context.sessionCount);
      const run = drawSeed().toString(36);
      try {
        const opened = await openToxiproxyWires(context, {
          apiUrl: toxiproxyUrl,
          tapUrl,
          slots: lease.slots.map((slot) => ({
            name: `cutwire-${run}-${slot}`,
            listen: `0.0.0.0:${listenPorts[slot] ?? 0}`,
            reachedAt: `${new URL(toxiproxyUrl).hostname}:${listenPorts[slot] ?? 0}`,
            upstream: `${upstream.host}:${upstream.port + (tapUrl === undefined ? 0 : slot)}`,
            tapSlot: slot,
          })),
        });
        return {
          wires: opened.wires,
          async close() {
            await opened.close().finally(() => lease.giveBack());
          },
        };
      } catch (error) {
        lease.giveBack();
        throw error;
      }
    },
  };
}

function required(place: ExternalPlace | undefined): ExternalPlace {
  if (place !== undefined) return place;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    'The backend "external" has to be told where everything is: --toxiproxy URL, --listen-ports FIRST-LAST and --upstream HOST:PORT, with --tap URL and --control URL where there is a tap and a reference server.',
  );
}

/** The target as it is there: the reference server by its control API, or a server that brings its own model. */
function targetThere(target: Target, place: ExternalPlace): Target {
  const { controlUrl, upstream } = place;
  if (!target.isScripted) return target;
  if (controlUrl === undefined) {
    return { name: "external", isScripted: false, open: async () => ({ ...upstream, close: async () => undefined }) };
  }
  return {
    ...target,
    open: async (context) => await openRemoteReference({ controlUrl: () => controlUrl, upstream }, context),
  };
}
