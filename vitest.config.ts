import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfigFnObject } from "vitest/config";

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

type TestConfig = NonNullable<TestProjectInlineConfiguration["test"]>;

/** Beside one another, for what mostly waits. */
const SIDE_BY_SIDE: TestConfig = { maxWorkers: FILES_AT_ONCE, sequence: { groupOrder: 0 } };
/** Behind all the others, for what keeps all cores busy by itself. */
const ALONE: TestConfig = { maxWorkers: 1, sequence: { groupOrder: 1 } };

function limitsOf(isFull: boolean, testMsMax: number): TestConfig {
  const timeout = isFull ? FULL_TEST_MS_MAX : testMsMax;
  return {
    testTimeout: timeout,
    hookTimeout: timeout,
    // What may run at the same time in a file waits for processes; more of them than cores would keep one another waiting.
    maxConcurrency: 2,
    env: isFull ? { HARNESS_FULL: "1" } : {},
    // Node itself loads the built package, as it does for users.
    server: { deps: { external: [/\/dist\//] } },
  };
}

/** Suites of the sources, in the process that runs them. */
function sourceSuites(isFull: boolean): readonly TestConfig[] {
  const common = limitsOf(isFull, TEST_MS_MAX);
  const throughToxiproxy = {
    globalSetup: ["src/house/real-toxiproxy.ts"],
    setupFiles: ["src/simulation/register.ts", "src/house/skip-without-toxiproxy.ts"],
    env: { ...common.env, CUTWIRE_WIRE: "toxiproxy" },
  };
  const faces = { name: "toxiproxy", include: ["src/run/{tap,faults}/*.test.ts"] };
  // These want a Toxiproxy without anybody else's proxies.
  const fidelity = { name: "fidelity", include: FIDELITY_TESTS };
  const setupFiles = ["src/simulation/register.ts"];
  return [
    { ...common, ...SIDE_BY_SIDE, name: "unit", include: ["src/**/*.test.ts"], setupFiles },
    { ...common, ...SIDE_BY_SIDE, ...throughToxiproxy, ...faces },
    { ...common, ...ALONE, ...throughToxiproxy, ...fidelity },
  ];
}

/** Suites of the built package, as its users have it. */
function packageSuites(isFull: boolean): readonly TestConfig[] {
  const common = { ...limitsOf(isFull, PACKAGE_TEST_MS_MAX), globalSetup: ["src/house/build-once.ts"] };
  const setupFiles = ["dist/simulation/register.js"];
  const include = ["scenarios/**/*.test.ts", "examples/**/*.test.ts"];
  return [
    { ...common, ...SIDE_BY_SIDE, name: "properties", include: ["properties/**/*.test.ts"], setupFiles },
    { ...common, ...SIDE_BY_SIDE, name: "scenarios", include, exclude: [DOCKER_TESTS] },
    // Needs a container engine: without one it is skipped with the reason, and in CI it fails.
    { ...common, ...ALONE, name: "docker", include: [DOCKER_TESTS] },
  ];
}

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => {
  const isFull = mode === "full";
  const suites = [...sourceSuites(isFull), ...packageSuites(isFull)];
  return { test: { watch: false, teardownTimeout: TEST_MS_MAX, projects: suites.map((test) => ({ test })) } };
});

export default config;
