/**
 * Building blocks of the configuration schema. Each carries a description that says what is allowed; the
 * same sentence appears in the published JSON Schema and in the problem shown to the person who typed a
 * wrong value, so the two cannot drift apart.
 */
import { z } from "zod";

/** More groups than a door or a rule ever names. */
export const MOST_GROUPS = 64;

/** A section whose keys are all known: a key that is not in `shape` is a problem. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape);

/** Text that matches `pattern`; `allowed` says so in words. */
export const text = (pattern: RegExp, allowed: string) => z.string().regex(pattern).describe(allowed);

/** A whole number within both bounds, inclusive. */
export const wholeNumber = (least: number, most: number, what: string) =>
  z.int().min(least).max(most).describe(`a whole number from ${least} to ${most}: ${what}`);

/** One of a few words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, what: string) =>
  z.enum(words).describe(`${what}: ${words.join(" or ")}`);

/** A name that can stand in an MQTT topic, a log line and a file name (fleet topic tree, names). */
export const name = (what: string) =>
  text(/^[a-z0-9][a-z0-9-]{0,62}$/, `${what}: 1 to 63 of a-z, 0-9 and -, not beginning with -`);

/** An absolute path without line breaks. */
export const absolutePath = (what: string) =>
  text(/^\/[^\0\r\n]{0,1023}$/, `${what}: an absolute path, beginning with /`);

/** A sentence or two for people, on one or more lines. */
export const sentence = (what: string) =>
  z.string().trim().min(1).max(1000).describe(`${what}: 1 to 1000 characters`);
