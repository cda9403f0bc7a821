/**
 * One seal that was shown to a scanner: what it says of its holder becomes pseudonyms, or it is held against the chip of the
 * document that it was shown with. Whether it is right is asked of `read`, which knows the trust store; nothing here does. Of
 * what it said nothing stays. Governing text: privacy rules, 1 to 4; eMRTD sheet, 10.2.
 */
import { toHex } from "../bytes/hex.ts";
import { sha256 } from "../crypto/hash.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import { issuerOf } from "../emrtd/lds/countries.ts";
import { isBefore } from "../emrtd/lds/dates.ts";
import type { Mrz } from "../emrtd/lds/mrz.ts";
import { sealDisagreement } from "../identity/seal-agreement.ts";
import { sealedIdentifiers } from "../identity/sealed-identifiers.ts";
import type { Denial } from "../policy/question.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { PersonalPart } from "../ports/journal.ts";
import type { Result } from "../result.ts";
import type { SealedHolder } from "../seal/sealed-holder.ts";
import type { CivilDate } from "../time/civil-date.ts";
import type { DocumentFinding, DocumentRules } from "./document-examiner.ts";
import { deniedAmong, keyed } from "./keyed-holder.ts";
import type { Passage } from "./passage.ts";
import { SEAL_DENIALS, type SealObjection } from "./seal-denials.table.ts";

/** Parses a seal and judges its signature by the trust store and the time of this moment. The bytes stay the caller's. */
export type SealReader = (entry: Uint8Array) => Result<SealedHolder, SealObjection>;

export interface SealExaminerContext {
  readonly read: SealReader;
  readonly rules: Pick<DocumentRules, "match" | "countries">;
  readonly scopeKey: ScopeKey;
  readonly credentials: CredentialLookup;
  /** The day at the gate's place. */
  readonly today: () => { readonly today: CivilDate };
}

/** A refusal, in place of a decision by the policy. `rule` says whether the seal was shown beside a chip or alone. */
function sealRefusal(
  objection: SealObjection,
  rule: "document/seal" | "seal",
): Pick<DocumentFinding, "decided" | "detail" | "alarm"> {
  const { reason, alarm, detail } = SEAL_DENIALS[objection];
  const decided: Denial = { outcome: "denied", reason, rule, dated: objection === "documentExpired" };
  return { decided, detail, ...(alarm === undefined ? {} : { alarm }) };
}

export class SealExaminer {
  readonly #context: SealExaminerContext;

  constructor(context: SealExaminerContext) {
    this.#context = context;
  }

  /**
   * What was found of a document, with the proof of the seal that was shown with it, or the refusal for want of one that is
   * right. A document that needs no seal is left as it is. Wipes the seal.
   */
  beside({ sealedBy, ...found }: DocumentFinding, seal: Uint8Array | undefined): DocumentFinding {
    if (sealedBy === undefined) return found;
    const objection = seal === undefined ? "missing" : this.#objectionBeside(sealedBy.zone.reveal(), seal);
    return objection === undefined
      ? { ...found, proofs: new Set([...found.proofs, "seal"]) }
      : { ...found, ...sealRefusal(objection, "document/seal") };
  }

  #objectionBeside(mrz: Mrz, seal: Uint8Array): SealObjection | undefined {
    const sealed = this.#context.read(seal);
    seal.fill(0);
    if (!sealed.ok) return sealed.error;
    const disagreement = sealDisagreement(sealed.value, mrz);
    sealed.value.documentNumber.reveal().fill(0);
    return disagreement;
  }

  /** Whom a seal alone may stand for. Wipes it. */
  passage(seal: Uint8Array): Passage {
    // In memory alone, and as long as the presentation lasts: the next sight of the same seal is no new one.
    const unknownAs = `seal:${toHex(sha256(seal))}`;
    const sealed = this.#context.read(seal);
    seal.fill(0);
    if (!sealed.ok) return { ...refused(sealed.error), unknownAs, bySeal: true };
    const passage = this.#passageOf(sealed.value);
    sealed.value.documentNumber.reveal().fill(0);
    return { ...passage, unknownAs, bySeal: true };
  }

  #passageOf(sealed: SealedHolder): Passage {
    const { rules, credentials, scopeKey, today } = this.#context;
    const issuer = issuerOf(sealed.issuingCountry ?? "");
    if (rules.countries?.has(issuer ?? "") === false) return refused("country");
    const holders = keyed(sealedIdentifiers(sealed), scopeKey);
    const denied = deniedAmong(holders, credentials);
    if (denied !== undefined) return proven([denied]);
    const { validUntil } = sealed;
    if (validUntil !== undefined && isBefore(validUntil, today().today)) return refused("documentExpired");
    return proven(holders.filter(({ kind }) => rules.match.has(kind)));
  }
}

const proven = (holders: readonly PersonalPart[]): Passage => ({
  proofs: new Set(["seal"]),
  holders,
  chip: { standing: "unpinned" },
});

function refused(objection: SealObjection): Passage {
  const { alarm, ...why } = sealRefusal(objection, "seal");
  const chip = { standing: "unpinned", ...why } as const;
  return { proofs: new Set(), holders: [], chip, ...(alarm === undefined ? {} : { alarm }) };
}
