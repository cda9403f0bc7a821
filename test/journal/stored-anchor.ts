/** Rows of the trust store for tests: what they say is made up, their fingerprints are not. */
import { createHash } from "node:crypto";
import type { StoredAnchor, StoredRevocationList, StoredSigner } from "../../src/journal/trust-content.ts";
import type { TrustImport } from "../../src/journal/trust-register.ts";
import { instant } from "../../src/time/time.ts";
import { NOON } from "./temporary-journal.ts";

const signed = (what: string) => {
  const der = new TextEncoder().encode(`DER of ${what}`);
  return { der, fingerprint: createHash("sha256").update(der).digest("hex").toUpperCase() };
};

export const anchor = (number: number, parts: Partial<StoredAnchor> = {}): StoredAnchor => ({
  ...signed(`certificate ${number}`),
  subjectKeyId: number.toString(16).toUpperCase().padStart(40, "A"),
  subjectKey: `c=it|cn=signer ${number}`,
  subject: `C=IT, CN=Signer ${number}`,
  country: "IT",
  notBefore: instant(Date.UTC(2020, 0, 1)),
  notAfter: instant(Date.UTC(2035, 0, 1)),
  kind: "csca",
  laboratory: false,
  ...parts,
});

export const revocationList = (
  name: string,
  parts: Partial<StoredRevocationList> = {},
): StoredRevocationList => ({
  ...signed(`revocation list ${name}`),
  issuerKey: "c=it|cn=signer 1",
  issuer: "C=IT, CN=Signer 1",
  issuerKeyId: "",
  thisUpdate: instant(Date.UTC(2026, 10, 1)),
  nextUpdate: instant(Date.UTC(2027, 1, 1)),
  ...parts,
});

export const signer = (name: string): StoredSigner => ({
  ...signed(`signer ${name}`),
  subject: `C=DE, CN=${name}`,
});

/** What a file brings; nothing but what is said. */
export const bringing = (parts: Partial<TrustImport>): TrustImport => ({
  name: "by-hand.pem",
  importedAt: NOON,
  byHand: [],
  lists: [],
  revocationLists: [],
  signers: [],
  sealers: [],
  sealerLists: [],
  sealerRevocationLists: [],
  ...parts,
});

export const published = (publisher: string, name: string, anchors: readonly StoredAnchor[]) => ({
  publisher,
  fingerprint: signed(`list ${name}`).fingerprint,
  signedAt: NOON,
  anchors,
});
