// The section `trust`: which signatures of States count, beside what the trust store holds.
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { EXAMPLE, problemsOf } from "./example.ts";

const trustOf = (section: string) => {
  const result = parseConfig(`${EXAMPLE}\n${section}\n`);
  return result.ok ? result.value.config.trust : undefined;
};

test("without it, no test card counts, and a country without revocation list is a warning", () => {
  expect(trustOf("")).toEqual({ crl: "warn" });
});

test("a laboratory says so in words that name the risk", () => {
  expect(trustOf("trust: { laboratory: acceptsTestCards, crl: require }")).toEqual({
    laboratory: "acceptsTestCards",
    crl: "require",
  });
});

test.each([
  ["trust: { laboratory: true }", "trust.laboratory", "acceptsTestCards"],
  ["trust: { crl: ignore }", "trust.crl", "warn or require"],
])("%s is refused", (section, path, allowed) => {
  const problems = problemsOf(`${EXAMPLE}\n${section}\n`);
  expect(problems).toMatchObject([{ severity: "error", path }]);
  expect(problems[0]?.allowed).toContain(allowed);
});
