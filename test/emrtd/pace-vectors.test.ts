/** PACE against the published examples and recorded runs: every value between, then the whole run as the reader plays it. */
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../src/apdu/command.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import { SELECT_APPLICATION } from "../../src/emrtd/application.ts";
import { mrzPasswordKey } from "../../src/emrtd/mrz-key.ts";
import { establishPace, type PacePassword } from "../../src/emrtd/pace.ts";
import { pseudoRandom } from "../../src/emrtd/pace-mapping.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { good } from "../good.ts";
import cie from "../vectors/cie-virtual.json" with { type: "json" };
import { PACE_ROWS, type PaceRow, upper, withoutParity } from "./pace-rows.ts";
import { answerOf, ascii, cardAccess, GivenKeys, paceInfo, profileOf } from "./pace-settings.ts";
import { play } from "./play.ts";
import { responseOf } from "./session-ends.ts";

/** What the password's key is made of, where the example tells. */
function passwordOf({ can, mrzInformation }: PaceRow): PacePassword | undefined {
  if (can !== undefined) return { reference: "CAN", key: ascii(can) };
  return mrzInformation === undefined
    ? undefined
    : { reference: "MRZ", key: mrzPasswordKey(ascii(mrzInformation)) };
}

const none = new Uint8Array(0);

describe.each(PACE_ROWS)("$name", (vector) => {
  const { protocol, parameterId, mappedG } = vector;
  const profile = profileOf(cardAccess(paceInfo(protocol.slice(-4), parameterId)));
  const { group } = profile;
  const cipher = suite(profile.suite);
  const shown = (key: Uint8Array) => toHex(withoutParity(profile.suite, key));

  test("is announced as the suite, the mapping and the group that it uses", () => {
    expect(toHex(profile.protocol)).toBe(protocol);
    expect([vector.dhIcPub, mappedG].map((key) => group.isElement(hex(key)))).toEqual([true, true]);
  });

  const password = passwordOf(vector);
  if (password !== undefined) {
    test("makes K_pi of the password", () => {
      if (vector.passwordK !== undefined) expect(toHex(password.key)).toBe(vector.passwordK);
      expect(shown(cipher.kdf(password.key, 3))).toBe(shown(hex(vector.kpi)));
    });
  }

  test("decrypts the nonce", () => {
    expect(toHex(cipher.decryptCbc(hex(vector.kpi), hex(vector.z)))).toBe(upper(vector.s));
  });

  const { mapIfdPri, mapIfdPub, mapIcPub, h, t } = vector;
  if (mapIfdPri !== undefined && mapIcPub !== undefined) {
    test("maps generically", () => {
      const secret = hex(mapIfdPri);
      expect(toHex(group.times(secret, group.generator) ?? none)).toBe(upper(mapIfdPub ?? ""));
      const agreed = group.times(secret, hex(mapIcPub)) ?? none;
      expect(toHex(agreed)).toBe(upper(h ?? ""));
      const ofNonce = group.times(hex(vector.s), group.generator) ?? none;
      expect(toHex(group.plus(ofNonce, agreed) ?? none)).toBe(upper(mappedG));
    });
  }
  if (t !== undefined) {
    test("maps by the pseudo-random function", () => {
      const input = { nonce: hex(vector.s), challenge: hex(t), fieldBits: group.fieldBits };
      const number = pseudoRandom(cipher, input);
      expect(toHex(number)).toBe(vector.R);
      // The number and its remainder modulo p, which is published too, are one element.
      const elements = [number, hex(vector.Rp ?? "")].map((one) => toHex(group.fromNumber(one) ?? none));
      expect(elements).toEqual([mappedG, mappedG]);
    });
  }

  test("agrees on K and the session keys", () => {
    const secret = hex(vector.dhIfdPri);
    expect(toHex(group.times(secret, hex(mappedG)) ?? none)).toBe(upper(vector.dhIfdPub));
    const shared = group.sharedSecret(group.times(secret, hex(vector.dhIcPub)) ?? none);
    expect(toHex(shared)).toBe(upper(vector.K));
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
    const { encryptedChipAuthenticationData } = vector;
    const chipData =
      encryptedChipAuthenticationData === undefined
        ? none
        : writeTlv(0x8a, hex(encryptedChipAuthenticationData));
    const answers = [
      answerOf(0x80, toHex(encrypted)),
      answerOf(0x82, mapIcPub ?? ""),
      answerOf(0x84, vector.dhIcPub),
      concat(writeTlv(0x7c, writeTlv(0x86, hex(vector.tIc)), chipData), hex("9000")),
    ];
    const sent: string[] = [];
    const keys = new GivenKeys({ map: hex(mapIfdPri ?? t ?? ""), agree: hex(vector.dhIfdPri) });
    const result = play(establishPace({ profile, password: usable, keys }), (command) => {
      if (command[1] === 0x22) return hex("9000");
      sent.push(toHex(command));
      return answers[sent.length - 1] ?? hex("6985");
    });
    expect(result.ok && [result.value.ksEnc, result.value.ksMac].map(toHex)).toEqual(
      [1 as const, 2 as const].map((counter) => toHex(cipher.kdf(hex(vector.K), counter))),
    );
    expect(sent).toHaveLength(4);
    const told = vector.commands.map(upper);
    expect(sent.filter((command) => told.includes(command))).toEqual(told);
  });
});

test("all vectors are there, with the commands that they tell", () => {
  expect(PACE_ROWS.map(({ commands }) => commands.length)).toEqual([4, 0, 4, 4, 4, 4, 4, 4, 4, 4, 3]);
});

describe("the virtual CIE", () => {
  const { ef_cardaccess, pace_dh_gm_3des: run } = cie;

  test("announces its PACE as its EF.CardAccess is written", () => {
    const { protocol, parameterId } = profileOf(hex(ef_cardaccess));
    expect([toHex(protocol), parameterId]).toEqual(["04007F00070202040101", run.parameterId]);
  });

  test("is told and understood in the new session, which counts from zero", () => {
    const keys = { ksEnc: hex(run.ks_enc), ksMac: hex(run.ks_mac) };
    const session = new SecureSession({ suite: "3DES", ...keys, ssc: hex(run.ssc_after) });
    const { sm_select_emrtd, sm_select_emrtd_resp } = run.apdus;
    expect(toHex(encodeCommand(good(session.protect(SELECT_APPLICATION))))).toBe(sm_select_emrtd);
    const answer = good(session.unprotect(responseOf(hex(sm_select_emrtd_resp))));
    expect(answer).toEqual({ data: none, sw: 0x9000 });
  });
});
