import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Much of the time is waiting for processes, so that two files run side by side even on two cores. */
const LEAST_WORKERS = 2;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: Math.max(LEAST_WORKERS, availableParallelism() - 1),
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "drivers/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
    },
  },
});
