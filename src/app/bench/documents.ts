/**
 * What travel documents cost the host in processor time: PACE over a curve and over integers, beside libeac's in the same
 * run, chip authentication, passive authentication, secure messaging and the machine readable zone. Key pairs made ahead are
 * left out and printed apart.
 */
import { readTlv } from "../../bytes/ber-tlv.ts";
import { authenticateChip } from "../../emrtd/chip-authentication.ts";
import { chipAuthenticationWays } from "../../emrtd/chip-authentication-choice.ts";
import { openDocument } from "../../emrtd/document-access.ts";
import { LDS_FILES } from "../../emrtd/lds/data-groups.ts";
import { parseDg14 } from "../../emrtd/lds/dg14.ts";
import { parseMrz } from "../../emrtd/lds/mrz.ts";
import { establishPace } from "../../emrtd/pace.ts";
import { EphemeralKeys } from "../../emrtd/pace-keys.ts";
import { choosePace } from "../../emrtd/pace-profile.ts";
import { checkDocumentSod } from "../../emrtd/passive-authentication.ts";
import { readDocumentFile } from "../../emrtd/read-file.ts";
import { ReadManner } from "../../emrtd/read-manner.ts";
import { secured } from "../../emrtd/secure-messaging-exchange.ts";
import { parseSecurityInfos } from "../../emrtd/security-infos.ts";
import { parseCertificate } from "../../pki/certificate.ts";
import { anchorRecord, TrustAnchors } from "../../pki/trust-anchors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ProfileName } from "../../sim/emrtd/documents/profiles.table.ts";
import { documentTrust } from "../../sim/pki/document-trust.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { civilDate, DAY_MS } from "../../time/civil-date.ts";
import { timed } from "./cpu-time.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { good } from "./good.ts";
import { measureLibeac } from "./libeac.ts";
import { VirtualDocument } from "./virtual-document.ts";

export const PACE_FIGURES = [
  "pace.ecdh.cpu",
  "pace.ecdh.libeac",
  "pace.dh.cpu",
  "pace.dh.libeac",
  "pace.ahead.cpu",
] as const;
export const DOCUMENT_FIGURES = ["ca.cpu", "pa.cpu", "sm.rate", "mrz.parse"] as const;

/** Curves: generic mapping, brainpoolP256r1, AES-256. Integers: generic mapping, 2048 bits, 3DES. */
const PACE_PROFILES = { ecdh: "cnie", dh: "cie" } as const satisfies Record<string, ProfileName>;
const MAPPINGS = { ecdh: "ECDH-GM", dh: "DH-GM" } as const;
/** Runs before the first that counts: the engine has compiled what it will compile. */
const WARM_UP = 20;
/** Seeds of our secrets, taken in turn: the chip computes its part for each once. */
const SEEDS = 5;
/** Far from the chip's, whose keys would be ours. */
const FIRST_SEED = 100;
/** As often as the C library's time the DH figure may be. */
const DH_TIMES_LIBEAC = 1.3;
const ZONES = 2_000;
const US_IN_MS = 1_000;
const MS_IN_S = 1_000;
const BYTES_IN_MB = 1_000_000;

/** Ours and libeac's, `runs` times each. */
export function measurePace(runs: number): readonly Figure[] {
  const libeac = measureLibeac(runs);
  const ecdh = paceTimes("ecdh", runs);
  const dh = paceTimes("dh", runs);
  const figures = (["ecdh", "dh"] as const).flatMap((kind) => {
    const timesMs = kind === "ecdh" ? ecdh.timesMs : dh.timesMs;
    const ownMs = rounded(quantile(timesMs, 0.5));
    const theirsMs = libeac.ok ? rounded(libeac.value[kind].cpuMs) : undefined;
    const compared =
      theirsMs === undefined
        ? {}
        : {
            bound: rounded(theirsMs * (kind === "dh" ? DH_TIMES_LIBEAC : 1)),
            ratio: rounded(ownMs / theirsMs),
          };
    const note = `${runs} runs, first key pair made ahead, p99 ${rounded(quantile(timesMs, 0.99))} ms; the ratio is to libeac's time`;
    return [
      { name: `pace.${kind}.cpu`, value: ownMs, unit: "ms", ...compared, note } as const,
      {
        name: `pace.${kind}.libeac`,
        value: theirsMs ?? null,
        unit: "ms",
        note: libeac.ok
          ? "the same in C, in the same run"
          : `not measured: ${libeac.error.missing} is missing`,
      } as const,
    ];
  });
  const aheadMs = rounded(quantile(ecdh.aheadMs, 0.5));
  const dhAheadMs = rounded(quantile(dh.aheadMs, 0.5));
  return [
    ...figures,
    {
      name: "pace.ahead.cpu",
      value: aheadMs,
      unit: "ms",
      note: `one key pair on brainpoolP256r1, made while idle; modulo 2048 bits ${dhAheadMs} ms`,
    },
  ];
}

function paceTimes(kind: keyof typeof PACE_PROFILES, runs: number) {
  const document = new VirtualDocument(PACE_PROFILES[kind]);
  const cardAccess = document.content.masterFile.get(LDS_FILES.CardAccess.fid) ?? new Uint8Array(0);
  const profile = choosePace(good(parseSecurityInfos(cardAccess)), [MAPPINGS[kind]]);
  if (profile === undefined) throw new Error("the measured document does PACE");
  const timesMs: number[] = [];
  const aheadMs: number[] = [];
  for (let run = 0; run < WARM_UP + runs; run++) {
    const seed = FIRST_SEED + (run % SEEDS);
    const keys = new EphemeralKeys(new SeededRandom(seed));
    // The group is known from a card before.
    keys.takePair(profile.group);
    const pair = timed(() => keys.makeAhead());
    document.activate(seed);
    const { tookMs } = document.run(establishPace({ profile, password: document.password, keys }));
    if (run < WARM_UP) continue;
    timesMs.push(tookMs);
    aheadMs.push(pair.tookMs);
  }
  return { timesMs, aheadMs };
}

/** Of the French card: chip authentication, passive authentication, the photograph under secure messaging, its zone. */
export function measureDocument(clock: Clock, runs: number): readonly Figure[] {
  const document = new VirtualDocument("cnie");
  const passages = passagesOf(document, runs);
  const agreements = passages.map(({ agreementMs }) => agreementMs);
  const rates = passages.map(({ megabytesPerSecond }) => megabytesPerSecond);
  const ofIntegers = passagesOf(new VirtualDocument("cie"), runs).map(({ agreementMs }) => agreementMs);
  const signatures = passiveTimes(document, clock, runs);
  const zone = zoneOf(document);
  const { tookMs: parsesMs } = timed(() => {
    for (let parse = 0; parse < ZONES; parse++) good(parseMrz(zone));
  });
  const note = (timesMs: readonly number[], what: string) =>
    `${what}, p99 ${rounded(quantile(timesMs, 0.99))} ms`;
  return [
    {
      name: "ca.cpu",
      value: rounded(quantile(agreements, 0.5)),
      unit: "ms",
      note: `${note(agreements, "ECDH, brainpoolP256r1, AES-256, key pair made ahead")}; modulo 2048 bits, 3DES ${rounded(quantile(ofIntegers, 0.5))} ms`,
    },
    {
      name: "pa.cpu",
      value: rounded(quantile(signatures, 0.5)),
      unit: "ms",
      note: note(signatures, "EF.SOD, DG1 and DG14, signer known"),
    },
    {
      name: "sm.rate",
      value: rounded(quantile(rates, 0.5)),
      unit: "MB/s",
      note: "DG2 in reads of 223 bytes, AES-256, commands protected and answers opened",
    },
    {
      name: "mrz.parse",
      value: rounded((parsesMs / ZONES) * US_IN_MS),
      unit: "µs",
      note: `${ZONES} zones of TD1, check digits judged`,
    },
  ];
}

function passagesOf(document: VirtualDocument, runs: number): readonly Passage[] {
  return Array.from({ length: WARM_UP + runs }, (_, run) =>
    onePassage(document, FIRST_SEED + (run % SEEDS)),
  ).slice(WARM_UP);
}

interface Passage {
  readonly agreementMs: number;
  readonly megabytesPerSecond: number;
}

function onePassage(document: VirtualDocument, seed: number): Passage {
  const random = new SeededRandom(seed);
  const keys = new EphemeralKeys(random);
  document.activate(seed);
  const manner = new ReadManner();
  const request = { password: document.password, keys, random, bac: "never" } as const;
  const { session } = document.run(openDocument(request, manner)).value;
  const dg14 = document.run(secured(session, readDocumentFile(LDS_FILES.DG14, manner))).value;
  const photo = document.run(secured(session, readDocumentFile(LDS_FILES.DG2, manner)));
  const [way] = chipAuthenticationWays(good(parseDg14(dg14)));
  if (way === undefined) throw new Error("the measured document does chip authentication");
  keys.takePair(way.key.group);
  while (keys.makeAhead());
  const agreement = document.run(secured(session, authenticateChip(way, keys)));
  session.end();
  const megabytesPerSecond = photo.value.length / BYTES_IN_MB / (photo.tookMs / MS_IN_S);
  return { agreementMs: agreement.tookMs, megabytesPerSecond };
}

function passiveTimes({ content }: VirtualDocument, clock: Clock, runs: number): readonly number[] {
  const fileOf = (fid: number): Uint8Array => content.application.get(fid) ?? new Uint8Array(0);
  const at = clock.wallTime();
  const question = {
    sod: fileOf(LDS_FILES.SOD.fid),
    files: new Map([
      [LDS_FILES.DG1.sfi, fileOf(LDS_FILES.DG1.fid)],
      [LDS_FILES.DG14.sfi, fileOf(LDS_FILES.DG14.fid)],
    ]),
    anchors: trusted(),
    at,
    today: civilDate(Math.floor(at / DAY_MS)),
  };
  const check = () => timed(() => good(checkDocumentSod(question))).tookMs;
  return Array.from({ length: WARM_UP + runs }, check).slice(WARM_UP);
}

const trusted = (): TrustAnchors =>
  new TrustAnchors({
    anchors: documentTrust().certificates.map((der) => anchorRecord(good(parseCertificate(der)))),
    revocationLists: [],
    crl: "warn",
    testAnchors: "refuse",
  });

const zoneOf = ({ content }: VirtualDocument): Uint8Array =>
  good(readTlv(good(readTlv(content.application.get(LDS_FILES.DG1.fid) ?? new Uint8Array(0))).value)).value;
