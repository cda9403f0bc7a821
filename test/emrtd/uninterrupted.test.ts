/**
 * From the last command of an access protocol to the end of a reading the chip hears protected commands and nothing
 * else: no presence check, no second selection, no look at another file in clear, by which real chips end a session.
 */
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { PROFILES, type ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { PROFILE_NAMES } from "../../src/sim/emrtd/parse-emrtd-spec.ts";
import { good } from "../good.ts";
import { examine } from "./whole-document.ts";

const CLA_SECURE = 0x0c;
/** GENERAL AUTHENTICATE with the reader's token, and EXTERNAL AUTHENTICATE of BAC. */
const TOKEN = hex("008600000C7C0A8508");
const EXTERNAL_AUTHENTICATE = hex("0082000028");
/** The rest of a protected answer that came in parts; it carries nothing to protect. */
const GET_RESPONSE = hex("00C00000");

const begins = (command: Uint8Array, head: Uint8Array): boolean =>
  equalBytes(command.subarray(0, head.length), head);

/** What a whole reading says behind the access protocol, in the one activation that it takes. */
async function saidInside(spec: EmrtdSpec, opening: Uint8Array): Promise<readonly Uint8Array[]> {
  const { result, commands, activations } = await examine(spec, { wanted: ["DG2"] });
  expect(good(result).files.has("DG2")).toBe(true);
  expect(activations).toBe(0);
  const openings = commands.flatMap((command, index) => (begins(command, opening) ? [index] : []));
  expect(openings).toHaveLength(1);
  return commands.slice((openings[0] ?? 0) + 1);
}

const isProtected = (command: Uint8Array): boolean => ((command[0] ?? 0) & CLA_SECURE) === CLA_SECURE;
const inClear = (commands: readonly Uint8Array[]): readonly string[] =>
  commands.filter((command) => !isProtected(command)).map(toHex);

const openingOf = (profile: ProfileName): Uint8Array =>
  PROFILES[profile].pace.length === 0 ? EXTERNAL_AUTHENTICATE : TOKEN;

describe("§12 row 32: nothing comes between", () => {
  test.each(PROFILE_NAMES)("in a reading of %s", async (profile) => {
    const inside = await saidInside({ card: "emrtd", profile }, openingOf(profile));
    expect(inside.length).toBeGreaterThan(8);
    expect(inClear(inside)).toEqual([]);
  });

  test.each(["cnie", "cie", "passport-bac"] as const)(
    "but GET RESPONSE where %s answers in parts",
    async (profile) => {
      const spec = { card: "emrtd", profile, fault: "partsByGetResponse" } as const;
      const inside = await saidInside(spec, openingOf(profile));
      const parts = inside.filter((command) => begins(command, GET_RESPONSE));
      expect(parts.length).toBeGreaterThan(8);
      expect(inClear(inside)).toEqual(parts.map(toHex));
    },
  );
});
