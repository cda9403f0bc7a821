/** PACE against the published examples and recorded runs: every value between, then the whole run as the reader plays it. */
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import { mrzPasswordKey } from "../../src/emrtd/mrz-key.ts";
import { establishPace } from "../../src/emrtd/pace.ts";
import { pseudoRandom } from "../../src/emrtd/pace-mapping.ts";
import camVectors from "../vectors/pace-cam.json" with { type: "json" };
import dhVectors from "../vectors/pace-gm-dh.json" with { type: "json" };
import ecdhVectors from "../vectors/pace-gm-ecdh.json" with { type: "json" };
import imDhVectors from "../vectors/pace-im-dh.json" with { type: "json" };
import imEcdhVectors from "../vectors/pace-im-ecdh.json" with { type: "json" };
import { answerOf, ascii, cardAccess, GivenKeys, PACE_ARC, paceInfo, profileOf } from "./pace-settings.ts";
import { play } from "./play.ts";

interface Vector {
  readonly name: string;
  readonly protocol: string;
  readonly parameterId: number;
  /** What the password's key is made of, where the example tells. */
  readonly password: { readonly reference: "MRZ" | "CAN"; readonly key: Uint8Array } | undefined;
  readonly kpi: string;
  readonly z: string;
  readonly s: string;
  /** Secret of the generic mapping, or challenge of the integrated one. */
  readonly map: string;
  readonly generic: { readonly ours: string; readonly theirs: string; readonly h: string } | undefined;
  readonly mappedG: string;
  readonly dhIfdPri: string;
  readonly dhIfdPub: string;
  readonly dhIcPub: string;
  readonly K: string;
  readonly ksEnc: string;
  readonly ksMac: string;
  readonly tIfd: string;
  readonly tIc: string;
  readonly chipData: string | undefined;
  /** R(s, t). */
  readonly pseudoRandom: string | undefined;
  readonly commands: readonly string[];
}

/** The fields as the files have them, where files and examples differ in what they tell. */
interface Row
  extends Omit<
    Vector,
    "name" | "protocol" | "password" | "map" | "generic" | "chipData" | "pseudoRandom" | "commands"
  > {
  readonly name?: string;
  readonly source?: string;
  readonly oid?: string;
  readonly oidValue?: string;
  readonly mrzInformation?: string;
  readonly password?: string | { readonly value: string };
  readonly t?: string;
  readonly mapIfdPri?: string;
  readonly mapIfdPub?: string;
  readonly mapIcPub?: string;
  readonly h?: string;
  readonly R?: string;
  readonly encryptedChipAuthenticationData?: string;
  readonly apdus?: readonly { readonly command: string }[];
}

function vectorOf(row: Row): Vector {
  const can = typeof row.password === "object" ? row.password.value : row.password;
  const generic =
    row.mapIfdPub !== undefined && row.mapIcPub !== undefined && row.h !== undefined
      ? { ours: row.mapIfdPub, theirs: row.mapIcPub, h: row.h }
      : undefined;
  return {
    ...row,
    name: row.name ?? row.source ?? "",
    protocol: PACE_ARC + (row.oidValue?.slice(-4) ?? arcsOf(row.oid ?? "")),
    password: passwordOf(can, row.mrzInformation),
    map: row.mapIfdPri ?? row.t ?? "",
    generic,
    chipData: row.encryptedChipAuthenticationData,
    pseudoRandom: row.R,
    commands: (row.apdus ?? []).slice(1).map(({ command }) => command),
  };
}

const arcsOf = (oid: string): string =>
  oid
    .split(".")
    .slice(-2)
    .map((arc) => arc.padStart(2, "0"))
    .join("");

function passwordOf(can: string | undefined, mrz: string | undefined): Vector["password"] {
  if (can !== undefined) return { reference: "CAN", key: ascii(can) };
  return mrz === undefined ? undefined : { reference: "MRZ", key: mrzPasswordKey(ascii(mrz)) };
}

const ROWS: readonly Row[] = [
  ...ecdhVectors.cases,
  ...dhVectors.cases,
  { ...imEcdhVectors, name: "ICAO H.1" },
  { ...imDhVectors, name: "ICAO H.2" },
  ...camVectors.cases.flatMap((row) => (row.z === undefined ? [] : [row])),
];

/** In the notation that `toHex` writes. */
const upper = (digits: string): string => digits.toUpperCase();
const none = new Uint8Array(0);

describe.each(ROWS.map(vectorOf))("$name", (vector) => {
  const { protocol, parameterId, mappedG } = vector;
  const profile = profileOf(cardAccess(paceInfo(protocol.slice(-4), parameterId)));
  const { group } = profile;
  const cipher = suite(profile.suite);

  test("is announced as the suite, the mapping and the group that it uses", () => {
    expect(toHex(profile.protocol)).toBe(protocol);
    expect([vector.dhIcPub, mappedG].map((key) => group.isElement(hex(key)))).toEqual([true, true]);
  });

  const { password, generic } = vector;
  if (password !== undefined) {
    test("makes K_pi of the password", () => {
      expect(toHex(cipher.kdf(password.key, 3))).toBe(upper(vector.kpi));
    });
  }

  test("decrypts the nonce", () => {
    expect(toHex(cipher.decryptCbc(hex(vector.kpi), hex(vector.z)))).toBe(upper(vector.s));
  });

  if (generic !== undefined) {
    test("maps generically", () => {
      const secret = hex(vector.map);
      expect(toHex(group.times(secret, group.generator) ?? none)).toBe(upper(generic.ours));
      const agreed = group.times(secret, hex(generic.theirs)) ?? none;
      expect(toHex(agreed)).toBe(upper(generic.h));
      const ofNonce = group.times(hex(vector.s), group.generator) ?? none;
      expect(toHex(group.plus(ofNonce, agreed) ?? none)).toBe(upper(mappedG));
    });
  } else {
    test("maps by the pseudo-random function", () => {
      const input = { nonce: hex(vector.s), challenge: hex(vector.map), fieldBits: group.fieldBits };
      const number = pseudoRandom(cipher, input);
      expect(toHex(number)).toBe(vector.pseudoRandom);
      expect(toHex(group.fromNumber(number) ?? none)).toBe(mappedG);
    });
  }

  test("agrees on K and the session keys", () => {
    const secret = hex(vector.dhIfdPri);
    expect(toHex(group.times(secret, hex(mappedG)) ?? none)).toBe(upper(vector.dhIfdPub));
    const shared = group.sharedSecret(group.times(secret, hex(vector.dhIcPub)) ?? none);
    expect(toHex(shared)).toBe(upper(vector.K));
    // DES keys are published with their parity bits or without; no cipher looks at them.
    const shown = (key: Uint8Array) => toHex(profile.suite === "3DES" ? key.map((byte) => byte & 0xfe) : key);
    expect(shown(cipher.kdf(shared, 1))).toBe(shown(hex(vector.ksEnc)));
    expect(shown(cipher.kdf(shared, 2))).toBe(shown(hex(vector.ksMac)));
  });

  test("makes both tokens", () => {
    const token = (key: string) => {
      const publicKey = writeTlv(group.kind === "DH" ? 0x84 : 0x86, hex(key));
      return toHex(cipher.mac(hex(vector.ksMac), writeTlv(0x7f49, writeTlv(0x06, hex(protocol)), publicKey)));
    };
    expect([token(vector.dhIcPub), token(vector.dhIfdPub)]).toEqual([vector.tIfd, vector.tIc].map(upper));
  });

  test("is played by the reader command for command", () => {
    // A recorded run comes without its holder's password: the nonce is encrypted anew under another.
    const usable = password ?? { reference: "CAN", key: ascii("123456") };
    const encrypted = cipher.encryptCbc(cipher.kdf(usable.key, 3), hex(vector.s));
    const chipData = vector.chipData === undefined ? none : writeTlv(0x8a, hex(vector.chipData));
    const answers = [
      answerOf(0x80, toHex(encrypted)),
      answerOf(0x82, generic?.theirs ?? ""),
      answerOf(0x84, vector.dhIcPub),
      concat(writeTlv(0x7c, writeTlv(0x86, hex(vector.tIc)), chipData), hex("9000")),
    ];
    const sent: string[] = [];
    const keys = new GivenKeys({ map: hex(vector.map), agree: hex(vector.dhIfdPri) });
    const result = play(establishPace({ profile, password: usable, keys }), (command) => {
      if (command[1] === 0x22) return hex("9000");
      sent.push(toHex(command));
      return answers[sent.length - 1] ?? hex("6985");
    });
    expect(result.ok && [result.value.ksEnc, result.value.ksMac].map(toHex)).toEqual(
      [1 as const, 2 as const].map((counter) => toHex(cipher.kdf(hex(vector.K), counter))),
    );
    expect(sent).toHaveLength(4);
    if (vector.commands.length > 0) expect(sent).toEqual(vector.commands.map(upper));
  });
});
