// The documented example, and variations of it: the material of the tests of single keys.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";

export const EXAMPLE = readFileSync("deploy/gate.example.yaml", "utf8");

/** The example with one passage replaced; fails when the passage is not there. */
export function changed(...replacements: readonly (readonly [string | RegExp, string])[]): string {
  return replacements.reduce((text, [passage, other]) => {
    const result = text.replace(passage, other);
    expect(result).not.toBe(text);
    return result;
  }, EXAMPLE);
}

/** What is told of a text: the errors, or the warnings of a valid one. */
export function problemsOf(text: string) {
  const result = parseConfig(text);
  return result.ok ? result.value.warnings : result.error;
}

const SECOND_DOOR = `  - id: lane-2
    direction: out
    level: identifier
    nisOnly: acceptsCopiedNumbers
    groups: [members]
    reader: { bus: spi, node: /dev/spidev0.1 }
    relay: { line: 27, activeLevel: high, pulseMs: 500 }
`;
/** The example with a second door, in which passages are replaced. */
export const withSecondDoor = (...replacements: readonly (readonly [string, string])[]) =>
  changed([
    /# Leave this section/,
    `${replacements.reduce((text, [a, b]) => text.replace(a, b), SECOND_DOOR)}\n#`,
  ]);
