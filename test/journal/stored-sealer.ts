/** Rows about makers of seals for tests: what they say is made up, their fingerprints are not. */
import { createHash } from "node:crypto";
import type { StoredSealer } from "../../src/journal/trust-content.ts";
import { instant } from "../../src/time/time.ts";
import { NOON } from "./temporary-journal.ts";

const signed = (what: string) => {
  const der = new TextEncoder().encode(`DER of ${what}`);
  return { der, fingerprint: createHash("sha256").update(der).digest("hex").toUpperCase() };
};

export const sealer = (number: number, parts: Partial<StoredSealer> = {}): StoredSealer => ({
  ...signed(`sealer ${number}`),
  role: "authority",
  authorityId: `FR0${number}`,
  certificateId: "",
  subjectKeyId: number.toString(16).toUpperCase().padStart(40, "B"),
  subjectKey: `c=fr|cn=fr0${number}`,
  subject: `C=FR, CN=FR0${number}`,
  country: "FR",
  notBefore: instant(Date.UTC(2021, 0, 1)),
  notAfter: instant(Date.UTC(2036, 0, 1)),
  laboratory: false,
  ...parts,
});

export const sealerList = (name: string, sealers: readonly StoredSealer[]) => ({
  publisher: "FR (seals)",
  fingerprint: signed(`list ${name}`).fingerprint,
  signedAt: NOON,
  sealers,
});
