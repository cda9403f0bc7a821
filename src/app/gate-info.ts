/** What a gate says of itself in MQTT `info`: identity, software, doors and what they demand, notice, schema. */
import { type Config, configJsonSchema } from "../config/schema.ts";
import type { PublicJwk } from "../crypto/signing-key.ts";
import type { Json } from "../ports/journal.ts";

/** The retained self-description of a gate; nothing in it is secret or personal. */
export function gateInfo(
  config: Config,
  { softwareVersion, journalKey }: { readonly softwareVersion: string; readonly journalKey: PublicJwk },
): { readonly [key: string]: Json } {
  return {
    site: config.site,
    gate: config.gate,
    software: { name: "varco", version: softwareVersion, node: process.version },
    hardware: { board: config.board.kind, arch: process.arch },
    doors: config.doors.map(
      ({ id, direction, level, alsoAccepts, stepUp, document, groups, reader, relay }) => ({
        id,
        direction,
        level,
        alsoAccepts,
        ...(document?.seal === "demanded" ? { seal: document.seal } : {}),
        stepUp: stepUp.map((step) => ({ ...step })),
        groups: groups.map(({ group, schedule }) => (schedule === undefined ? group : { group, schedule })),
        reader: { bus: reader.bus },
        relay: { pulseMs: relay.pulseMs, maxPulseMs: relay.maxPulseMs },
      }),
    ),
    journalKey: { ...journalKey },
    scope: config.scope,
    notice: { ...config.notice },
    retentionDays: config.retentionDays,
    capabilities: ["events", "live", "state", "ack"],
    configSchema: asJson(configJsonSchema()),
  };
}

/** A JSON Schema is plain JSON by definition; its package's type only does not say so. Members without a value are left out. */
function asJson(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object") throw new TypeError("a schema holds nothing but JSON");
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, asJson(member)]));
}
