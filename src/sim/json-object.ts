/**
 * The first question to foreign JSON after it was parsed: whether it has members. RFC 8259 §4.
 */

/** An object, and neither a list nor `null`; nothing is known of its members. */
export const isJsonObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !Array.isArray(json);
