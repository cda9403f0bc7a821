// Vitest's asymmetric matchers are typed `any`; as `unknown` they keep the tests type-safe.
import { expect } from "vitest";

export const containing = (part: string): unknown => expect.stringContaining(part);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const anyNumber = (): unknown => expect.any(Number);
