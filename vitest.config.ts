import { defineConfig, type ViteUserConfigFnObject } from "vitest/config";

/** Tests wait for conditions with deadlines of their own; these limits only end what hangs. */
const TEST_MS_MAX = 30_000;
/** Most tests wait for processes, sockets and deadlines; more files at a time would make those late on two cores. */
const FILES_AT_ONCE = 2;
/** A test of the built package may run a whole suite, on a machine that does other things too. */
const PACKAGE_TEST_MS_MAX = 180_000;
const FULL_TEST_MS_MAX = 900_000;
const DOCKER_TESTS = "scenarios/docker/**/*.test.ts";

/** One suite for our proxy and for the real Toxiproxy; src/tcp-proxy/fidelity.md tells what differs. */
const FIDELITY_TESTS = [
  "src/tcp-proxy/{api-server,fidelity,toxic-collection,toxiproxy-client,wire-behaviour}.test.ts",
  "src/tcp-proxy/toxics/!(cutwire-)*.test.ts",
];

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => {
  const full = mode === "full";
  const common = {
    testTimeout: full ? FULL_TEST_MS_MAX : TEST_MS_MAX,
    hookTimeout: full ? FULL_TEST_MS_MAX : TEST_MS_MAX,
    teardownTimeout: TEST_MS_MAX,
    // Tests that may run at the same time wait for processes of their own; more of them than cores would keep one another waiting.
    maxConcurrency: 2,
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
  const throughToxiproxy = {
    globalSetup: ["src/house/real-toxiproxy.ts"],
    setupFiles: ["src/simulation/register.ts", "src/house/skip-without-toxiproxy.ts"],
    env: { ...common.env, CUTWIRE_WIRE: "toxiproxy" },
  };
  const sideBySide = { maxWorkers: FILES_AT_ONCE, sequence: { groupOrder: 0 } };
  /** Behind all the others, for what keeps all cores busy by itself. */
  const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } };
  return {
    test: {
      watch: false,
      projects: [
        {
          test: {
            ...common,
            ...sideBySide,
            name: "unit",
            include: ["src/**/*.test.ts"],
            setupFiles: ["src/simulation/register.ts"],
          },
        },
        {
          test: {
            ...packaged,
            ...sideBySide,
            name: "properties",
            include: ["properties/**/*.test.ts"],
            setupFiles: ["dist/simulation/register.js"],
          },
        },
        {
          test: {
            ...packaged,
            ...sideBySide,
            name: "scenarios",
            include: ["scenarios/**/*.test.ts", "examples/**/*.test.ts"],
            exclude: [DOCKER_TESTS],
          },
        },
        // Needs a container engine: without one it is skipped with the reason, and in CI it fails.
        { test: { ...packaged, ...alone, name: "docker", include: [DOCKER_TESTS] } },
        {
          test: {
            ...common,
            ...sideBySide,
            ...throughToxiproxy,
            name: "toxiproxy",
            include: ["src/run/{tap,faults}/*.test.ts"],
          },
        },
        // These want a Toxiproxy without anybody else's proxies.
        { test: { ...common, ...alone, ...throughToxiproxy, name: "fidelity", include: FIDELITY_TESTS } },
      ],
    },
  };
});

export default config;
