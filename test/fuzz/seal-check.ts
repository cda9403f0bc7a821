/**
 * What must hold whatever a scanner hands over: a seal is read or refused for a known reason, all of it lies within what came,
 * and nothing is believed that its signer did not sign to the last byte.
 */
import { equalBytes } from "../../src/bytes/bytes.ts";
import { judgeSeal } from "../../src/seal/judge-seal.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import type { Seal } from "../../src/seal/seal.ts";
import type { SealAnchors } from "../../src/seal/seal-anchors.ts";
import { sealedHolder } from "../../src/seal/sealed-holder.ts";
import type { Instant } from "../../src/time/time.ts";
import type { Check } from "./fuzz.ts";
import { MAX_SEAL_BYTES } from "./seal-mutations.ts";
import type { Witness } from "./witness.ts";

export interface SealCheck {
  readonly anchors: SealAnchors;
  readonly at: Instant;
  /** Whether the signer has signed exactly these bytes. */
  readonly wasSigned: (signed: Uint8Array) => boolean;
  /** In place of the code under test, to see that a defect is found. */
  readonly parse?: typeof parseSeal;
  readonly judge?: typeof judgeSeal;
}

export const sealCheck = ({
  anchors,
  at,
  wasSigned,
  parse = parseSeal,
  judge = judgeSeal,
}: SealCheck): Check => ({
  name: "seals",
  run(input, witness) {
    const parsed = parse(input);
    if (!parsed.ok) {
      witness.word(parsed.error.kind);
      return;
    }
    const seal = parsed.value;
    lookAt(seal, input, witness);
    const judged = judge(seal, anchors, at);
    witness.word(judged.ok ? "believed" : judged.error.kind);
    if (!judged.ok) return;
    witness.holds(wasSigned(seal.signed), "what is believed was signed, to the last byte");
    const holder = sealedHolder(seal);
    witness.word(holder.ok ? "holder" : holder.error.kind);
    if (holder.ok) witness.bytes(holder.value.documentNumber.reveal(), 20);
  },
});

function lookAt(seal: Seal, input: Uint8Array, witness: Witness): void {
  const { form, version, authorityId, certificateId, fields, signed, signature } = seal;
  witness.number(version, 1, 4);
  witness.number(authorityId.length, 4, 4);
  witness.number(certificateId.length, form === "text" ? 4 : 5, form === "text" ? 4 : 5);
  witness.bytes(signed, MAX_SEAL_BYTES);
  witness.number([64, 96, 132].indexOf(signature.length), 0, 2);
  witness.bytes(signature, 132);
  witness.holds(equalBytes(signed, input.subarray(0, signed.length)), "what is signed is what came");
  let lengthBytes = 0;
  for (const { id, value, isTruncated } of fields) {
    witness.number(id.length, 2, 2);
    witness.bytes(value, signed.length);
    witness.flag(isTruncated);
    lengthBytes += value.length;
  }
  witness.number(lengthBytes, 0, signed.length);
}
