/**
 * One travel document, from activation to everything it can prove, in the order that costs the fewest exchanges: access,
 * whose it is (DG1), that the chip is no copy (chip authentication, its mapping, or active authentication), that a State
 * signed all of it (EF.SOD). Nothing is believed before the last check; one failed check ends the reading.
 * Governing text: ICAO Doc 9303-11 §4.2, §5, §6; eMRTD sheet, 9.
 */
import type { Exchange } from "../apdu/exchange.ts";
import { err, ok } from "../result.ts";
import { type CardSecurity, checkPaceWay } from "./card-security.ts";
import { type AccessProtocol, type OpenDocument, openDocument } from "./document-access.ts";
import { type Attempt, agreeWithChip, settleChip } from "./document-chip.ts";
import type { ChipProtocol, DocumentAttempts, DocumentError, DocumentRequest } from "./document-request.ts";
import { DocumentSession } from "./document-session.ts";
import { DATA_GROUPS, type DataGroupName, LDS_FILES } from "./lds/data-groups.ts";
import { expiryDate, isBefore } from "./lds/dates.ts";
import { parseDg1 } from "./lds/dg1.ts";
import { checkDocumentFiles, type DocumentProof } from "./passive-authentication.ts";
import { authenticateSod, type DocumentSecurity } from "./passive-authentication-sod.ts";
import type { ReadFileError } from "./read-file.ts";
import type { SecureMessagingError } from "./secure-messaging.ts";

export interface DocumentReading {
  readonly access: AccessProtocol;
  readonly signed: DocumentProof;
  /** None: the document has no means to tell its chip from a copy. */
  readonly chip: ChipProtocol | undefined;
  /** Whole files by name, those of the proofs among them; to be let go as soon as what is needed has been taken from them. */
  readonly files: DocumentSession["files"];
}

/**
 * Reads and checks the document that was activated just now. After an error it must be activated anew. All keys of this
 * side are wiped when it ends, however it does.
 */
export function* readDocument(
  request: DocumentRequest,
  attempts: DocumentAttempts,
): Exchange<DocumentReading, DocumentError> {
  const opened = yield* openDocument(request, attempts.manner);
  if (!opened.ok) return opened;
  const { access } = opened.value;
  request.onStep?.({ kind: "access", access });
  const session = new DocumentSession(opened.value.session, attempts.manner, (read) =>
    request.onStep?.({ kind: "file", ...read }),
  );
  try {
    const inspected = yield* inspect(session, opened.value, { request, attempts });
    return inspected.ok ? ok({ ...inspected.value, access, files: session.files }) : inspected;
  } finally {
    session.end();
  }
}

const SW_SECURITY_NOT_SATISFIED = 0x6982;

type Inspection = Pick<DocumentReading, "signed" | "chip">;

function* inspect(
  session: DocumentSession,
  opened: OpenDocument,
  attempt: Attempt,
): Exchange<Inspection, DocumentError> {
  const { request } = attempt;
  const dg1 = yield* session.read("DG1");
  if (!dg1.ok) return err(withoutTravelData(dg1.error));
  const unwelcome = unwelcomeBy(dg1.value, request);
  if (unwelcome !== undefined) return err(unwelcome);
  const agreed = yield* agreeWithChip(session, opened, attempt);
  if (!agreed.ok) return agreed;
  const security = yield* readSecurity(session, attempt);
  if (!security.ok) return security;
  request.onStep?.({ kind: "signature" });
  const chip = yield* settleChip(session, { ...agreed.value, security: security.value }, attempt);
  if (!chip.ok) return chip;
  if (chip.value !== undefined) request.onStep?.({ kind: chip.value });
  const signed = yield* proveFiles(session, security.value, request);
  if (!signed.ok) return signed;
  const { access } = opened;
  const used = access.protocol === "PACE" ? access.profile : undefined;
  const way = checkPaceWay(used, agreed.value.infos, request.preference);
  if (!way.ok) return way;
  request.onStep?.({ kind: "data" });
  return ok({ signed: withRemarks(signed.value, agreed.value.signed), chip: chip.value });
}

/** What is amiss with either of the two signed objects, each remark once. */
function withRemarks(proof: DocumentProof, cardSecurity: CardSecurity | undefined): DocumentProof {
  if (cardSecurity === undefined) return proof;
  const warnings = [...new Set([...proof.warnings, ...cardSecurity.warnings])];
  const defects = [...new Set([...proof.defects, ...cardSecurity.defects])];
  return { ...proof, warnings, defects };
}

/** What DG1 says against itself, before anybody has vouched for it; what cannot be read is left to the checks that follow. */
function unwelcomeBy(dg1: Uint8Array, { today, objection }: DocumentRequest): DocumentError | undefined {
  const mrz = parseDg1(dg1);
  if (!mrz.ok) return undefined;
  const expiresOn = expiryDate(mrz.value.dateOfExpiry);
  if (expiresOn !== undefined && isBefore(expiresOn, today)) return { kind: "documentExpired" };
  const why = objection?.(mrz.value);
  return why === undefined ? undefined : { kind: "unwanted", why };
}

/** A card for other uses may have the application, and nothing in it that may be read without more rights. */
function withoutTravelData(error: ReadFileError | SecureMessagingError): DocumentError {
  if (error.kind === "fileMissing") return { kind: "notTravelDocument" };
  const isClosed = error.kind === "fileRefused" && error.sw === SW_SECURITY_NOT_SATISFIED;
  return isClosed ? { kind: "notTravelDocument", sw: error.sw } : error;
}

/** EF.SOD, which after chip authentication is the first that comes under the new keys: a copy cannot give it. */
function* readSecurity(
  session: DocumentSession,
  { request, attempts }: Attempt,
): Exchange<DocumentSecurity, DocumentError> {
  const sod = yield* session.read("SOD");
  if (sod.ok) return authenticateSod({ ...request, sod: sod.value });
  // A chip may drop the session because so long a read is more than it can stand; what it cannot read it does not drop.
  const mayBeTooMuch = sod.error.kind === "sessionDropped" && attempts.manner.mayHaveAskedTooMuch;
  return session.isProven || mayBeTooMuch ? sod : err({ kind: "chipRefuted" });
}

/** What was read, against the State's list; then what is wanted besides, which is not asked of a document that is false already. */
function* proveFiles(
  session: DocumentSession,
  security: DocumentSecurity,
  request: DocumentRequest,
): Exchange<DocumentProof, DocumentError> {
  const check = () => checkDocumentFiles(security, { ...request, files: session.dataGroups() });
  const proven = check();
  if (!proven.ok || request.isWantedOf?.(proven.value.mrz) === false) return proven;
  const due = DATA_GROUPS.filter(
    (name) => request.wanted.includes(name) && isUnread(name, session, security),
  );
  for (const name of due) {
    const file = yield* session.read(name);
    if (!file.ok) return file;
  }
  return due.length === 0 ? proven : check();
}

const isUnread = (name: DataGroupName, { files }: DocumentSession, { listed }: DocumentSecurity): boolean =>
  listed.has(LDS_FILES[name].sfi) && !files.has(name);
