/**
 * The four cipher suites of electronic documents behind one interface: cipher, MAC, key derivation and the rules
 * by which secure messaging uses them. PACE, BAC, chip authentication and secure messaging take them from here.
 * Governing text: ICAO Doc 9303-11 §9.7.1 (keys), §9.8.6 (3DES), §9.8.7 (AES).
 */
import { AES_BLOCK_BYTES, decryptAes, encryptAes, shortCmac } from "./aes.ts";
import { pad } from "./block-padding.ts";
import { deriveDocumentKey, type KdfCounter, setOddParity } from "./document-kdf.ts";
import {
  DES_BLOCK_BYTES,
  decryptTripleDes,
  encryptTripleDes,
  retailMac,
  TRIPLE_DES_KEY_BYTES,
} from "./triple-des.ts";

export type SuiteName = "3DES" | "AES-128" | "AES-192" | "AES-256";

/** Every code of a document is this long, whatever the suite. */
export const DOCUMENT_MAC_BYTES = 8;

export interface DocumentSuite {
  /** Length of each key: 16, 24 or 32. */
  readonly keyBytes: number;
  /** Length of a cipher block and of the send sequence counter: 8 or 16. */
  readonly blockBytes: number;
  /** A key of `keyBytes` from a shared secret or password: counter 1 encryption, 2 MAC, 3 password. */
  kdf(secret: Uint8Array, counter: KdfCounter): Uint8Array;
  /** CBC without padding, `data` in whole blocks. Without `iv`, zeros. */
  encryptCbc(key: Uint8Array, data: Uint8Array, iv?: Uint8Array): Uint8Array;
  /** The inverse of `encryptCbc`. */
  decryptCbc(key: Uint8Array, data: Uint8Array, iv?: Uint8Array): Uint8Array;
  /** 8 bytes over data of any length: CMAC as it is, or the retail MAC with padding method 2 (BAC, PACE tokens). */
  mac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** 8 bytes over `data` padded by method 2 whatever the suite: the rule of secure messaging. */
  macPadded(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** The IV of a message of secure messaging: zeros for 3DES, the encrypted counter for AES. */
  messageIv(key: Uint8Array, counter: Uint8Array): Uint8Array;
}

const TRIPLE_DES: DocumentSuite = {
  keyBytes: TRIPLE_DES_KEY_BYTES,
  blockBytes: DES_BLOCK_BYTES,
  kdf: (secret, counter) =>
    setOddParity(deriveDocumentKey({ hash: "sha1", keyBytes: TRIPLE_DES_KEY_BYTES }, secret, counter)),
  encryptCbc: (key, data, iv = new Uint8Array(DES_BLOCK_BYTES)) => encryptTripleDes(key, iv, data),
  decryptCbc: (key, data, iv = new Uint8Array(DES_BLOCK_BYTES)) => decryptTripleDes(key, iv, data),
  mac: (key, data) => retailMac(key, pad(data, DES_BLOCK_BYTES)),
  macPadded: (key, data) => retailMac(key, pad(data, DES_BLOCK_BYTES)),
  messageIv: () => new Uint8Array(DES_BLOCK_BYTES),
};

const aes = (hash: "sha1" | "sha256", keyBytes: number): DocumentSuite => ({
  keyBytes,
  blockBytes: AES_BLOCK_BYTES,
  kdf: (secret, counter) => deriveDocumentKey({ hash, keyBytes }, secret, counter),
  encryptCbc: (key, data, iv = new Uint8Array(AES_BLOCK_BYTES)) => encryptAes(key, iv, data),
  decryptCbc: (key, data, iv = new Uint8Array(AES_BLOCK_BYTES)) => decryptAes(key, iv, data),
  mac: shortCmac,
  macPadded: (key, data) => shortCmac(key, pad(data, AES_BLOCK_BYTES)),
  // One block in CBC with an IV of zeros is that block in ECB.
  messageIv: (key, counter) => encryptAes(key, new Uint8Array(AES_BLOCK_BYTES), counter),
});

const SUITES: Readonly<Record<SuiteName, DocumentSuite>> = {
  "3DES": TRIPLE_DES,
  "AES-128": aes("sha1", 16),
  "AES-192": aes("sha256", 24),
  "AES-256": aes("sha256", 32),
};

/** The suite of that name. Its functions throw on data that are not in whole blocks: callers check lengths first. */
export const suite = (name: SuiteName): DocumentSuite => SUITES[name];
