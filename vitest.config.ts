import { defineConfig, type ViteUserConfigFnObject } from "vitest/config";

/** Tests wait for conditions with deadlines of their own; these limits only end what hangs. */
const TEST_MS_MAX = 30_000;
const FULL_TEST_MS_MAX = 900_000;

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => {
  const full = mode === "full";
  const timeoutMs = full ? FULL_TEST_MS_MAX : TEST_MS_MAX;
  const common = {
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    teardownTimeout: TEST_MS_MAX,
    env: full ? { HARNESS_FULL: "1" } : {},
    // Node itself loads the built package, as it does for users.
    server: { deps: { external: [/\/dist\//] } },
  };
  const globalSetup = ["src/house/build-once.ts"];
  return {
    test: {
      watch: false,
      projects: [
        { test: { ...common, name: "unit", include: ["src/**/*.test.ts"] } },
        { test: { ...common, name: "properties", include: ["properties/**/*.test.ts"], globalSetup } },
        {
          test: {
            ...common,
            name: "scenarios",
            include: ["scenarios/**/*.test.ts", "examples/**/*.test.ts"],
            globalSetup,
          },
        },
      ],
    },
  };
});

export default config;
