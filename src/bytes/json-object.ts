/**
 * The first question to foreign JSON or YAML after it was parsed: whether it has members. What they are is for each reader to
 * check. RFC 8259 §4.
 */

/** An object, and neither a list nor `null`; nothing is known of its members. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
