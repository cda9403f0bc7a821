/**
 * Files with certificates and revocation lists: one in DER, or any number in PEM with other text between them
 * (RFC 7468), as authorities publish them and operators keep them.
 */
import { parseBase64 } from "./base64.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { parseRevocationList, type RevocationList } from "./crl.ts";

export interface TrustFileContent {
  readonly certificates: readonly Certificate[];
  readonly revocationLists: readonly RevocationList[];
  /** How many parts are neither, or cannot be read. */
  readonly skipped: number;
}

const TAG_SEQUENCE = 0x30;
/** More blocks than this in one file is no folder of certificates any more. */
const MAX_BLOCKS = 10_000;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;

/** Reads a file of either form. A file with nothing in it gives nothing; a damaged part does not hide the others. */
export function readTrustFile(bytes: Uint8Array): TrustFileContent {
  const parts = bytes[0] === TAG_SEQUENCE ? [bytes] : pemBlocks(new TextDecoder("latin1").decode(bytes));
  const certificates: Certificate[] = [];
  const revocationLists: RevocationList[] = [];
  for (const der of parts) {
    const certificate = parseCertificate(der);
    if (certificate.ok) certificates.push(certificate.value);
    else {
      const list = parseRevocationList(der);
      if (list.ok) revocationLists.push(list.value);
    }
  }
  return {
    certificates,
    revocationLists,
    skipped: parts.length - certificates.length - revocationLists.length,
  };
}

/** The bytes of each block, none for one whose text is no base64. */
function pemBlocks(text: string): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (const [, , body = ""] of text.matchAll(BLOCK)) {
    if (blocks.length === MAX_BLOCKS) break;
    blocks.push(parseBase64(body.replaceAll(/\s/g, "")) ?? new Uint8Array(0));
  }
  return blocks;
}
