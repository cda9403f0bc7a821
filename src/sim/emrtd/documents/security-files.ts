/**
 * The files made of SecurityInfos: EF.CardAccess, what EF.CardSecurity signs, and DG14. What a document offers is data; how
 * some States write it otherwise than the book is asked for by name. ICAO Doc 9303-11 §9.2; BSI TR-03110-3 A.1.2.
 */
import { byBytes, element, oid, sequence, setOf, smallInteger } from "../../pki/der.ts";
import { explicitGroup } from "../../pki/public-key-info.ts";
import { tlv } from "../../tlv.ts";
import type { ChipMapping, PaceOffer } from "../content.ts";
import { BSI, curveParameters, SUITE_ARCS } from "./chip-key-files.ts";

/** How EF.CardAccess is filled. */
export type CardAccessForm =
  | "ordinary"
  /** Without numbers of parameters; the parameters are spelled out in an entry of their own. */
  | "explicit parameters"
  /** Without numbers of parameters, which stand nowhere else either, so that nobody can know them. */
  | "unnamed parameters"
  /** Entries of other protocols and no PACE. */
  | "other protocols";

const MAPPING_ARCS: Readonly<Record<ChipMapping, number>> = {
  "DH-GM": 1,
  "ECDH-GM": 2,
  "DH-IM": 3,
  "ECDH-IM": 4,
  "ECDH-CAM": 6,
};
const PACE_VERSION = 2;
const VERSION_1 = 1;

const paceInfo = ({ mapping, suite }: PaceOffer, parameters: readonly Uint8Array[]): Uint8Array =>
  sequence(
    oid(`${BSI}.4.${MAPPING_ARCS[mapping]}.${SUITE_ARCS[suite]}`),
    smallInteger(PACE_VERSION),
    ...parameters,
  );

/** PACEDomainParameterInfo of a curve. */
const parameterEntry = ({ mapping, parameterId }: PaceOffer): Uint8Array =>
  sequence(oid(`${BSI}.4.${MAPPING_ARCS[mapping]}`), explicitGroup(curveParameters(parameterId)));

/** What EF.CardAccess lists, and DG14 and EF.CardSecurity repeat under a signature. */
export function accessEntries(offers: readonly PaceOffer[], form: CardAccessForm): readonly Uint8Array[] {
  const nameless = offers.map((offer) => paceInfo(offer, []));
  switch (form) {
    case "ordinary":
      return offers.map((offer) => paceInfo(offer, [smallInteger(offer.parameterId)]));
    case "explicit parameters":
      return [...nameless, ...offers.map(parameterEntry)];
    case "unnamed parameters":
      return nameless;
    case "other protocols":
      return [terminalAuthentication(), unknownEntry()];
  }
}

/** Some cards announce it although gates without a State's certificate cannot use it. */
export const terminalAuthentication = (): Uint8Array => sequence(oid(`${BSI}.2`), smallInteger(VERSION_1));

/** CardInfoLocator, of which a travel document's reader knows nothing. */
const unknownEntry = (): Uint8Array => sequence(oid(`${BSI}.6`), element(0x16, new Uint8Array(0)));

/** Signature of active authentication: ECDSA in its plain form over a hash (BSI TR-03111 §5.2.1). */
const PLAIN_SIGNATURES = { sha1: 1, sha224: 2, sha256: 3, sha384: 4, sha512: 5 } as const;

export const activeAuthenticationEntry = (hash: keyof typeof PLAIN_SIGNATURES): Uint8Array =>
  sequence(
    oid("2.23.136.1.1.5"),
    smallInteger(VERSION_1),
    oid(`0.4.0.127.0.7.1.1.4.1.${PLAIN_SIGNATURES[hash]}`),
  );

/** SecurityInfos; `backwards` is no DER set, and whoever writes it anew gets other bytes than were hashed. */
export const securityInfos = (entries: readonly Uint8Array[], order: "sorted" | "backwards"): Uint8Array =>
  order === "sorted" ? setOf(...entries) : element(0x31, ...[...entries].sort(byBytes).reverse());

/** DG14, tag 6E. */
export const securityGroupFile = (infos: Uint8Array): Uint8Array => tlv(0x6e, infos);
