/**
 * The country signers that measurements trust: a State's published list, where the environment names its folder, and
 * the simulator's own, which stand behind its cards.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCertificate } from "../../pki/certificate.ts";
import { parseRevocationList } from "../../pki/crl.ts";
import { readMasterList } from "../../pki/master-list.ts";
import {
  type AnchorRecord,
  anchorRecord,
  revocationListRecord,
  type TrustAnchorsOptions,
} from "../../pki/trust-anchors.ts";
import { authority } from "../../sim/pki/authority.ts";
import { makeRevocationList } from "../../sim/pki/revocation-list.ts";
import type { Instant } from "../../time/time.ts";
import { good } from "./good.ts";

/** A master list and the country signer to pin for it, as files. */
export interface PublishedList {
  readonly file: string;
  readonly pin: string;
}

/** What a figure says that has no list to be taken with. */
export const NO_LIST = "TEST_CSCA_DIR does not name the folder of the published list";

const LIST_FILE = "DE_ML_2026-05-28.ml";
const PIN_FILE = "DE_ML_root.cer";
const GENERATIONS = [1, 2] as const;
const FINGERPRINT_DIGITS = 64;
const KEY_ID_DIGITS = 40;

/** The German list, if `TEST_CSCA_DIR` names a folder that has it. */
export function publishedList(
  environment: Readonly<Record<string, string | undefined>>,
): PublishedList | undefined {
  const folder = environment["TEST_CSCA_DIR"] ?? "";
  const list = { file: join(folder, LIST_FILE), pin: join(folder, PIN_FILE) };
  return folder !== "" && existsSync(list.file) ? list : undefined;
}

/** What trust anchors are made from, and in a few words what they are. */
export interface CountrySigners {
  readonly trust: TrustAnchorsOptions;
  readonly note: string;
}

/**
 * So many trusted certificates: the published ones if there are, both of the simulator's authority, and for the rest
 * records that differ from a certificate of the simulator in all they are found by.
 */
export function countrySigners(
  count: number,
  { list, at }: { readonly list: PublishedList | undefined; readonly at: Instant },
): CountrySigners {
  const published = list === undefined ? [] : recordsOf(list, at);
  const own = GENERATIONS.map((generation) => ownRecord("self-made", generation));
  const known = [...published, ...own];
  const anchors = [...known, ...otherRecords(Math.max(0, count - known.length))];
  return {
    trust: { anchors, revocationLists: [], crl: "warn", testAnchors: "refuse" },
    note: `${anchors.length} certificates, ${published.length} of them published, the others the simulator's`,
  };
}

/** The same, and a revocation list of each of the authority's keys, without which nothing is trusted then. */
export const withRevocationLists = (trust: TrustAnchorsOptions): TrustAnchorsOptions => ({
  ...trust,
  revocationLists: GENERATIONS.map((generation) =>
    revocationListRecord(
      good(parseRevocationList(makeRevocationList({ authority: "self-made", generation }))),
    ),
  ),
  crl: "require",
});

function recordsOf({ file, pin }: PublishedList, at: Instant): readonly AnchorRecord[] {
  const pinned = [good(parseCertificate(new Uint8Array(readFileSync(pin))))];
  const bytes = new Uint8Array(readFileSync(file));
  return good(readMasterList({ bytes, pinned, at })).certificates.map(anchorRecord);
}

const ownRecord = (name: "self-made" | "foreign", generation: 1 | 2): AnchorRecord =>
  anchorRecord(good(parseCertificate(authority(name).countrySigner(generation).certificate)));

/** Never proposed for a card of the simulator: they only have to be looked past. */
function otherRecords(count: number): readonly AnchorRecord[] {
  const model = ownRecord("foreign", 2);
  return Array.from({ length: count }, (_, index) => ({
    ...model,
    fingerprint: String(index).padStart(FINGERPRINT_DIGITS, "0"),
    subjectKeyId: String(index).padStart(KEY_ID_DIGITS, "0"),
    subjectKey: `country signer ${index}`,
  }));
}
