/** The chip's side of PACE against published runs: what is computed between, and every answer of the chip whose secrets are known. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { ChipCipher } from "../../../src/sim/emrtd/chip-cipher.ts";
import { chipGroup } from "../../../src/sim/emrtd/chip-group.ts";
import { paceProtocol, passwordOf, publicKeyObject } from "../../../src/sim/emrtd/chip-pace-objects.ts";
import { pseudoRandom } from "../../../src/sim/emrtd/chip-pseudo-random.ts";
import type { ChipMapping, ChipSuite, PaceOffer } from "../../../src/sim/emrtd/content.ts";
import { numberOf } from "../../../src/sim/emrtd/numbers.ts";
import { PACE_ROWS, type PaceRow, upper, withoutParity } from "../../emrtd/pace-rows.ts";
import cieVector from "../../vectors/cie-virtual.json" with { type: "json" };
import camVectors from "../../vectors/pace-cam.json" with { type: "json" };
import { chipOf, GivenBytes, SMALL, say } from "./small-document.ts";

const cie = cieVector.pace_dh_gm_3des;

const MAPPINGS: Readonly<Record<number, ChipMapping>> = {
  1: "DH-GM",
  2: "ECDH-GM",
  3: "DH-IM",
  4: "ECDH-IM",
  6: "ECDH-CAM",
};
const SUITES: readonly ChipSuite[] = ["3DES", "AES-128", "AES-192", "AES-256"];

function offerOf({ protocol, parameterId }: PaceRow): PaceOffer {
  const arcs = hex(protocol);
  const mapping = MAPPINGS[arcs.at(-2) ?? 0];
  const suite = SUITES[(arcs.at(-1) ?? 0) - 1];
  if (mapping === undefined || suite === undefined) throw new Error("a vector of no known protocol");
  return { mapping, suite, parameterId };
}

/** A document with the password of the example, and which that is. */
function documentOf({ can, mrzInformation = SMALL.mrzInformation }: PaceRow, offer: PaceOffer) {
  const content = { ...SMALL, pace: [offer], mrzInformation };
  return can === undefined ? { reference: "01", content } : { reference: "02", content: { ...content, can } };
}

/** A reader's public key as GENERAL AUTHENTICATE brings it. */
function round(tag: string, value: string): string {
  const object = tlv(tag, value);
  const body = tlv("7C", object);
  const lengthBytes = body.length / 2;
  return lengthBytes > 255
    ? `1086000000${lengthBytes.toString(16).padStart(4, "0")}${body}0000`
    : `10860000${lengthBytes.toString(16).padStart(2, "0")}${body}00`;
}

function tlv(tag: string, value: string): string {
  const lengthBytes = value.length / 2;
  const length = lengthBytes.toString(16).padStart(lengthBytes > 255 ? 4 : 2, "0");
  const prefix = lengthBytes < 0x80 ? "" : lengthBytes > 255 ? "82" : "81";
  return upper(`${tag}${prefix}${length}${value}`);
}

describe.each(PACE_ROWS)("$name", (row) => {
  const offer = offerOf(row);
  const group = chipGroup(offer.parameterId);
  const cipher = new ChipCipher(offer.suite);

  const { reference, content } = documentOf(row, offer);
  const shown = (key: Uint8Array) => toHex(withoutParity(offer.suite, key));

  if (row.can !== undefined || row.mrzInformation !== undefined) {
    test("makes K_pi of the password", () => {
      const password = passwordOf(content, BigInt(reference)) ?? new Uint8Array(0);
      if (row.passwordK !== undefined) expect(toHex(password)).toBe(row.passwordK);
      expect(shown(cipher.deriveKey(password, 3))).toBe(shown(hex(row.kpi)));
    });
  }

  test("encrypts the nonce", () => {
    expect(toHex(cipher.encrypt(hex(row.kpi), hex(row.s)))).toBe(upper(row.z));
  });

  if (row.h !== undefined && row.mapIcPri !== undefined) {
    test("maps generically", () => {
      const secret = numberOf(hex(row.mapIcPri ?? ""));
      expect(toHex(group.multiply(secret, group.generator))).toBe(upper(row.mapIcPub ?? ""));
      const agreed = group.multiply(secret, hex(row.mapIfdPub ?? ""));
      expect(toHex(agreed)).toBe(upper(row.h ?? ""));
      const ofNonce = group.multiply(numberOf(hex(row.s)), group.generator);
      expect(toHex(group.add(ofNonce, agreed))).toBe(upper(row.mappedG));
    });
  }

  if (row.t !== undefined) {
    test("maps by what both random numbers lead to", () => {
      const input = { nonce: hex(row.s), challenge: hex(row.t ?? ""), fieldBits: group.fieldBits };
      const number = pseudoRandom(cipher, input);
      expect(toHex(number)).toBe(row.R);
      // The number and its remainder modulo p, which is published too, are one element.
      const elements = [number, hex(row.Rp ?? "")].map((one) => toHex(group.integrated(one)));
      expect(elements).toEqual([row.mappedG, row.mappedG]);
    });
  }

  test("takes the public keys of both sides for elements of the group", () => {
    const keys = [row.dhIfdPub, row.dhIcPub, row.mappedG, row.mapIfdPub ?? row.dhIfdPub];
    expect(keys.map((key) => group.isElement(hex(key)))).toEqual(keys.map(() => true));
  });

  test("derives the keys and makes both tokens", () => {
    const [enc, mac] = [cipher.deriveKey(hex(row.K), 1), cipher.deriveKey(hex(row.K), 2)];
    expect([shown(enc), shown(mac)]).toEqual([shown(hex(row.ksEnc)), shown(hex(row.ksMac))]);
    const inputs = [row.dhIcPub, row.dhIfdPub].map((key) =>
      publicKeyObject(paceProtocol(offer), group, hex(key)),
    );
    if (row.tIfdInput !== undefined) expect(inputs.map(toHex)).toEqual([row.tIfdInput, row.tIcInput]);
    expect(inputs.map((input) => toHex(cipher.code(mac, input)))).toEqual([row.tIfd, row.tIc].map(upper));
  });

  const { mapIcPri, dhIcPri } = row;
  if (mapIcPri !== undefined && dhIcPri !== undefined) {
    test("is played by the chip, answer for answer", () => {
      const chip = chipOf(content, {
        random: new GivenBytes(hex(row.s), hex(mapIcPri), hex(dhIcPri)),
        behaviour: hex(row.s).length === 8 ? { nonceBytes: 8 } : {},
      });
      const protocol = tlv("80", toHex(paceProtocol(offer)));
      const set = `${protocol}8301${reference}`;
      const first = `0022C1A4${(set.length / 2).toString(16).padStart(2, "0")}${set}`;
      const said = [
        first,
        "10860000027C0000",
        round("81", row.mapIfdPub ?? ""),
        round("83", row.dhIfdPub),
        `008600000C7C0A8508${row.tIfd}00`,
      ].map((command) => say(chip, command));
      expect(said).toEqual([
        "9000",
        `${tlv("7C", tlv("80", row.z))}9000`,
        `${tlv("7C", tlv("82", row.mapIcPub ?? ""))}9000`,
        `${tlv("7C", tlv("84", row.dhIcPub))}9000`,
        `${tlv("7C", tlv("86", row.tIc))}9000`,
      ]);
    });
  }
});

test("the chip's side of whole runs is played five times and more", () => {
  expect(PACE_ROWS.filter(({ mapIcPri, dhIcPri }) => mapIcPri && dhIcPri).length).toBeGreaterThanOrEqual(5);
});

test("the virtual CIE's first command in the new session is answered as published", () => {
  const [mapping, suite, parameterId] = ["DH-GM", "3DES", 2] as const;
  const chip = chipOf(
    { ...SMALL, pace: [{ mapping, suite, parameterId }], can: cie.can },
    {
      random: new GivenBytes(hex(cie.nonce_s), hex(cie.card_map_private), hex(cie.card_eph_private)),
      behaviour: { nonceBytes: 8 },
    },
  );
  const { apdus } = cie;
  expect(say(chip, apdus.mse_set_at)).toBe("9000");
  expect(say(chip, apdus.ga1)).toBe(apdus.ga1_resp);
  expect(say(chip, `${apdus.ga2_head}${cie.terminal_map_public}0000`)).toMatch(/9000$/);
  expect(say(chip, round("83", cie.terminal_eph_public))).toMatch(/9000$/);
  expect(say(chip, apdus.ga4)).toBe(apdus.ga4_resp);
  expect(say(chip, apdus.sm_select_emrtd)).toBe(apdus.sm_select_emrtd_resp);
});

describe("chip authentication mapping, Doc 9303-11 appendix I", () => {
  const [published] = camVectors.cases;

  test("encrypts what the appendix encrypts", () => {
    if (published?.iv === undefined) throw new Error("the vector has no worked example");
    const cipher = new ChipCipher("AES-128");
    const iv = cipher.encrypt(hex(published.ksEnc), new Uint8Array(16).fill(0xff));
    expect(toHex(iv)).toBe(published.iv);
    const padded = concat(hex(published.chipAuthenticationData), Uint8Array.of(0x80), new Uint8Array(15));
    const encrypted = cipher.encrypt(hex(published.ksEnc), padded, iv);
    expect(toHex(encrypted)).toBe(published.encryptedChipAuthenticationData);
  });

  test("the data times the static public key is the mapping's public key", () => {
    const group = chipGroup(13);
    const data = numberOf(hex(published?.chipAuthenticationData ?? ""));
    const product = group.multiply(data, hex(published?.staticPublicKeyIc ?? ""));
    expect(toHex(product)).toBe(published?.mapIcPub);
  });
});
