/**
 * Prepares a process for simulations: `node --import cutwire/simulation/register`, or `setupFiles` of vitest.
 *
 * It has to come before `ws` is loaded.
 */
import { installAmbient } from "../determinism/ambient/install-ambient.ts";

installAmbient();
