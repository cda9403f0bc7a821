import { defineConfig } from "vitest/config";

/** Tests that time themselves, or own ports and child processes, take turns; the rest run side by side. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "drivers/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
    },
  },
});
