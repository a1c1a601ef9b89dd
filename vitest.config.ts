import { defineConfig, type ViteUserConfigFnObject } from "vitest/config";

/** Tests wait for conditions with deadlines of their own; these limits only end what hangs. */
const TEST_MS_MAX = 30_000;
/** A test of the built package may run a whole suite, on a machine that does other things too. */
const PACKAGE_TEST_MS_MAX = 180_000;
const FULL_TEST_MS_MAX = 900_000;

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => {
  const full = mode === "full";
  const common = {
    testTimeout: full ? FULL_TEST_MS_MAX : TEST_MS_MAX,
    hookTimeout: full ? FULL_TEST_MS_MAX : TEST_MS_MAX,
    teardownTimeout: TEST_MS_MAX,
    env: full ? { HARNESS_FULL: "1" } : {},
    // Node itself loads the built package, as it does for users.
    server: { deps: { external: [/\/dist\//] } },
  };
  const packaged = {
    ...common,
    testTimeout: full ? FULL_TEST_MS_MAX : PACKAGE_TEST_MS_MAX,
    hookTimeout: full ? FULL_TEST_MS_MAX : PACKAGE_TEST_MS_MAX,
    globalSetup: ["src/house/build-once.ts"],
  };
  return {
    test: {
      watch: false,
      // One test at a time: many run sessions side by side themselves, on a wall clock and with short deadlines.
      fileParallelism: false,
      maxConcurrency: 1,
      projects: [
        {
          test: { ...common, name: "unit", include: ["src/**/*.test.ts"], setupFiles: ["src/simulation/register.ts"] },
        },
        {
          test: {
            ...packaged,
            name: "properties",
            include: ["properties/**/*.test.ts"],
            setupFiles: ["dist/simulation/register.js"],
          },
        },
        {
          test: { ...packaged, name: "scenarios", include: ["scenarios/**/*.test.ts", "examples/**/*.test.ts"] },
        },
      ],
    },
  };
});

export default config;
