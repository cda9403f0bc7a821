/**
 * From a CIE's data to a card for the antenna: the service side, the travel document where the card has that too, and the
 * transport that both share.
 */
import type { EmrtdApplication } from "../emrtd/emrtd-application.ts";
import type { EmrtdSpec } from "../emrtd/emrtd-spec.ts";
import { EF_CARD_ACCESS } from "../emrtd/file-identifiers.ts";
import { makeDocumentChip, specifiedContent } from "../emrtd/make-emrtd.ts";
import { DEFAULT_APDU_US, DEFAULT_RSA_US } from "../timing.ts";
import type { Card } from "./card.ts";
import { CieApplication } from "./cie.ts";
import { CIE_FAMILIES } from "./cie-families.table.ts";
import type { CardFile } from "./cie-files.ts";
import type { CieDocument, CieSpec } from "./cie-spec.ts";
import { type CardApplication, type Conduct, IsoDepCard } from "./iso-dep.ts";
import { fixed, randomUid, TypeACard } from "./type-a.ts";
import { randomPupi, TypeBCard } from "./type-b.ts";
import { WholeCie } from "./whole-cie.ts";

const DEFAULT_FWI = 8;
/** Code of the frame size. */
const FRAMES_OF_256 = 8;

export interface MadeCie {
  readonly card: Card;
  /** The sides, for whoever wants to look at the records. */
  readonly cie: CieApplication;
  readonly emrtd?: EmrtdApplication;
}

/** The card for the antenna. Throws where a fault cannot befall the document. */
export function makeCie(spec: CieSpec): MadeCie {
  if (spec.document !== undefined) return makeWhole(spec, spec.document);
  const cie = new CieApplication(spec);
  return { card: cardOf(spec, cie), cie };
}

function makeWhole({ tearAfterApdu, flip, ...spec }: CieSpec, { can, ...document }: CieDocument): MadeCie {
  const documentSpec: EmrtdSpec = {
    card: "emrtd",
    profile: "cie",
    seed: Number(spec.nis),
    ...document,
    latency: latencyOf(spec, document),
  };
  const content = specifiedContent(documentSpec);
  const cie = new CieApplication(spec, content.masterFile.get(EF_CARD_ACCESS));
  const whole = {
    ...content,
    ...(can === undefined ? {} : { can }),
    ...masterFile(cie.rootFiles),
    extendedLength: spec.extended !== "6700",
  };
  const { application: emrtd, conduct } = makeDocumentChip(whole, documentSpec);
  const application = new WholeCie({ service: cie, document: emrtd, tearAfterApdu, flip });
  return { card: cardOf(spec, application, conduct), cie, emrtd };
}

/** One chip takes as long for an APDU on either side. */
function latencyOf(spec: CieSpec, { latency = {} }: CieDocument): NonNullable<EmrtdSpec["latency"]> {
  if (latency === "none") return latency;
  return { apduUs: spec.apduUs ?? DEFAULT_APDU_US, rsaUs: spec.rsaUs ?? DEFAULT_RSA_US, ...latency };
}

/** The master file is one, whichever side is asked for it. */
const masterFile = (files: readonly CardFile[]) => ({
  masterFile: new Map(files.flatMap(({ id, content }) => (content === undefined ? [] : [[id, content]]))),
  shortIdentifiers: new Map(files.flatMap(({ id, sfi }) => (sfi === undefined ? [] : [[id, sfi]]))),
});

function cardOf(spec: CieSpec, application: CardApplication, conduct: Conduct = {}): Card {
  const { historicalBytes } = CIE_FAMILIES[spec.family];
  const fwi = spec.fwi ?? DEFAULT_FWI;
  const isoDep = new IsoDepCard({ historicalBytes, fsci: FRAMES_OF_256, fwi, ...conduct }, application);
  return spec.type === "B" ? typeB(spec, isoDep, fwi) : typeA(spec, isoDep);
}

const typeA = ({ uid }: CieSpec, isoDep: IsoDepCard): Card =>
  new TypeACard({ sensRes: 0x0008, selRes: 0x20, uid: fixed(uid) ?? randomUid, isoDep });

/** Application family 00, no application data; 106 kbit/s, frames of 256 bytes, ISO-DEP, takes a card number. */
const typeB = ({ uid }: CieSpec, isoDep: IsoDepCard, fwi: number): Card =>
  new TypeBCard({
    pupi: fixed(uid) ?? randomPupi,
    applicationData: new Uint8Array(4),
    protocolInfo: Uint8Array.of(0x00, (FRAMES_OF_256 << 4) | 0x01, (fwi << 4) | 0x01),
    isoDep,
  });
