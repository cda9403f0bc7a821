/**
 * Chip authentication against recorded runs with real chips and the worked examples of the specification: every command
 * and value between, then the first exchange under the new keys, which is the proof.
 */
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../src/apdu/command.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import type { KeyGroup } from "../../src/crypto/key-group.ts";
import { authenticateChip } from "../../src/emrtd/chip-authentication.ts";
import {
  type ChipAuthenticationProfile,
  chipAuthenticationWays,
} from "../../src/emrtd/chip-authentication-choice.ts";
import { standardGroup } from "../../src/emrtd/domain-parameters.ts";
import { parseDg14 } from "../../src/emrtd/lds/dg14.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import { ok } from "../../src/result.ts";
import { good } from "../good.ts";
import vectors from "../vectors/chip-authentication.json" with { type: "json" };
import { DH, ECDH, givenPair, infosOf, keyInfo, protocolInfo, standardKey } from "./chip-infos.ts";
import { play } from "./play.ts";

interface Step {
  readonly plainCommand: string;
  readonly protectedCommand: string;
  readonly protectedResponse: string;
}

const RECORDED = vectors.cases.flatMap((row) => {
  const { dg14, before, steps, chipPublicKey } = row;
  return dg14 === undefined || before === undefined || steps === undefined || chipPublicKey === undefined
    ? []
    : [{ ...row, dg14, before, steps, chipPublicKey }];
});
const EXAMPLES = vectors.cases.filter(({ version }) => version === 2);

test("the vectors are all there", () => {
  expect([RECORDED.length, EXAMPLES.length]).toEqual([4, 2]);
});

/** A chip that knows one conversation by heart. */
function recordedChip(steps: readonly Step[]) {
  const left = [...steps];
  return {
    left,
    chip: (command: Uint8Array) => {
      const step = left.shift();
      expect(toHex(command)).toBe(step?.protectedCommand);
      return hex(step?.protectedResponse ?? "6F00");
    },
  };
}

describe.each(RECORDED)("$name", ({ dg14, before, steps, ...values }) => {
  const ways = chipAuthenticationWays(good(parseDg14(hex(dg14))));
  const asked = steps[0]?.plainCommand.startsWith("002241A6")
    ? "keyAgreementTemplate"
    : "authenticationTemplate";
  const way = ways.find(({ form }) => form.kind === asked);

  test("the way of the recording is among those that DG14 offers, with the chip's key", () => {
    expect(toHex(way?.key.element ?? new Uint8Array(0))).toBe(values.chipPublicKey);
    expect(ways.indexOf(way ?? ways[0] ?? fail())).toBe(
      way?.suite === "3DES" && asked === "authenticationTemplate" ? 1 : 0,
    );
  });

  test("commands are the plain ones recorded, and the secret is the one that both sides come to", () => {
    const commands: string[] = [];
    const { takePair } = givenPair(hex(values.terminalPrivateKey));
    const plain = play(authenticateChip(way ?? fail(), { takePair }), (command) => {
      commands.push(toHex(command));
      return command[1] === 0x86 ? hex("7C009000") : hex("9000");
    });
    expect(commands).toEqual(steps.slice(0, -1).map(({ plainCommand }) => plainCommand));
    const { group, element } = (way ?? fail()).key;
    expect(toHex(takePair(group).publicKey)).toBe(values.terminalPublicKey);
    const shared = group.times(hex(values.terminalPrivateKey), element);
    expect(toHex(group.sharedSecret(shared ?? fail()))).toBe(values.K);
    const { session } = good(plain);
    expect([toHex(session.ksEnc), toHex(session.ksMac)]).toEqual([values.ksEnc, values.ksMac]);
  });

  test("the run under the session before, and the first exchange under the one behind", () => {
    const { chip, left } = recordedChip(steps);
    const current = new SecureSession({
      suite: before.cipher === "3DES" ? "3DES" : before.ksEnc.length === 64 ? "AES-256" : "AES-128",
      ksEnc: hex(before.ksEnc),
      ksMac: hex(before.ksMac),
      ssc: hex(before.ssc),
    });
    const agreed = good(
      play(
        secured(current, authenticateChip(way ?? fail(), givenPair(hex(values.terminalPrivateKey)))),
        chip,
      ),
    );
    expect(agreed.state).toBe("agreedNotProven");
    const select = { cla: 0x00, ins: 0xa4, p1: 0x02, p2: 0x0c, data: hex("010E") } as const;
    expect(toHex(encodeCommand(select))).toBe(steps.at(-1)?.plainCommand);
    const proof = play(
      secured(
        new SecureSession(agreed.session),
        (function* () {
          const { sw } = yield select;
          return ok(sw);
        })(),
      ),
      chip,
    );
    expect(proof).toEqual(ok(0x9000));
    expect(left).toEqual([]);
  });
});

describe.each(EXAMPLES)("$name", (values) => {
  const [parameterId, agreement] = values.name.includes("ECDH") ? [13, ECDH] : [0, DH];
  const group: KeyGroup = standardGroup(parameterId) ?? fail();
  const protocol = agreement === ECDH ? "04007F00070202030202" : "04007F00070202030102";
  const chipPublicKey = hex(values.chipPublicKey);
  const K = hex(values.K);
  const { kdf, mac } = suite("AES-128");

  test("public keys and the shared secret, from either side", () => {
    const [ours, theirs] = [hex(values.terminalPrivateKey), hex(values.chipPrivateKey ?? "")];
    expect(toHex(group.times(ours, group.generator) ?? fail())).toBe(values.terminalPublicKey);
    expect(toHex(group.times(theirs, group.generator) ?? fail())).toBe(values.chipPublicKey);
    for (const shared of [
      group.times(ours, chipPublicKey),
      group.times(theirs, hex(values.terminalPublicKey)),
    ])
      expect(toHex(group.sharedSecret(shared ?? fail()))).toBe(values.K);
  });

  test("keys and token of version 2, by the primitives of version 1", () => {
    const secret = concat(K, hex(values.nonce ?? ""));
    expect(toHex(kdf(secret, 1))).toBe(values.ksEnc);
    expect(toHex(kdf(secret, 2))).toBe(values.ksMac);
    const name = writeTlv(0x06, hex(protocol));
    const object = writeTlv(
      0x7f49,
      name,
      writeTlv(agreement === ECDH ? 0x86 : 0x84, hex(values.terminalPublicKey)),
    );
    expect(toHex(mac(hex(values.ksMac), object))).toBe(values.tPicc);
  });

  test("keys of version 1, by a whole run", () => {
    const infos = infosOf(
      protocolInfo(agreement, "02"),
      keyInfo(agreement, standardKey(parameterId, group, chipPublicKey)),
    );
    const [way = fail()] = chipAuthenticationWays(infos) as readonly ChipAuthenticationProfile[];
    const { session } = good(
      play(authenticateChip(way, givenPair(hex(values.terminalPrivateKey))), (command) =>
        command[1] === 0x86 ? hex("7C009000") : hex("9000"),
      ),
    );
    const { ksEnc, ksMac } = values.version1KeysFromSameSecret ?? {};
    expect([toHex(session.ksEnc), toHex(session.ksMac)]).toEqual([ksEnc, ksMac]);
  });
});

function fail(): never {
  throw new Error("the vector lacks what every vector has");
}
