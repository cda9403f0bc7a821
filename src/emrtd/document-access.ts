/**
 * From an activated document to its travel application under secure messaging: EF.CardAccess says which PACE it does, PACE
 * or BAC makes the session. BAC never opens a document that announces a PACE this program can do.
 * Governing text: ICAO Doc 9303-11 §4.2, §9.2; eMRTD sheet, 2.5 and 3.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import type { ResponseApdu } from "../apdu/response.ts";
import { SW_OK } from "../apdu/status-words.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import { SELECT_APPLICATION } from "./application.ts";
import { type BacError, basicAccess } from "./bac.ts";
import { type AtrInfo, parseAtrInfo } from "./lds/atr-info.ts";
import { LDS_FILES } from "./lds/data-groups.ts";
import { establishPace, type PacePassword } from "./pace.ts";
import type { ChipMapping } from "./pace-cam.ts";
import type { PaceError } from "./pace-dialogue.ts";
import type { PaceKeys } from "./pace-keys.ts";
import { choosePace, type PaceProfile } from "./pace-profile.ts";
import { type ReadFileError, readDocumentFile, SHORT_IDENTIFIER } from "./read-file.ts";
import { ReadManner } from "./read-manner.ts";
import { type SecureMessagingError, SecureSession, type SessionKeys } from "./secure-messaging.ts";
import { secured } from "./secure-messaging-exchange.ts";
import { type PaceMapping, parseSecurityInfos, type SecurityInfo } from "./security-infos.ts";

export interface AccessRequest {
  readonly password: PacePassword;
  readonly keys: PaceKeys;
  readonly random: Random;
  /** Mappings that may be used, the best first; `USUAL_PREFERENCE` when absent. */
  readonly preference?: readonly PaceMapping[];
  /** `withoutPace`: BAC opens documents that announce no PACE this program can do, if the password is the MRZ. */
  readonly bac: "never" | "withoutPace";
}

/** How a document was opened. */
export type AccessProtocol =
  | { readonly protocol: "PACE"; readonly profile: PaceProfile }
  | { readonly protocol: "BAC" };

export interface OpenDocument {
  readonly access: AccessProtocol;
  /** The travel application is selected under it. Whoever takes it ends it. */
  readonly session: SecureSession;
  /** With chip authentication mapping: what remains to be judged, and the signed file to judge it by. */
  readonly mapping?: { readonly data: ChipMapping; readonly cardSecurity: Uint8Array };
}

export type AccessError =
  | PaceError
  | BacError
  | SecureMessagingError
  | ReadFileError
  /** It announces no PACE that this program does, and BAC is not allowed here or needs the MRZ. */
  | { readonly kind: "noAccessProtocol" }
  /** There is no travel application, or nothing in it: an identity card for other uses. `sw` if a refusal said so. */
  | { readonly kind: "notTravelDocument"; readonly sw?: number };

/** What is asked for in clear at once: Le 00, all that a short answer holds. */
const MAX_SHORT_LE = 256;
const CLEAR = { readBytes: MAX_SHORT_LE, bySelection: false };
/** Unknown application, or deactivated. */
const NO_APPLICATION: readonly number[] = [0x6a82, 0x6283, 0x6a88];

/**
 * Opens the document that was activated just now. `manner` learns how its files want to be read. After an error the card
 * must be activated anew; all keys of this side are wiped.
 */
export function* openDocument(
  request: AccessRequest,
  manner: ReadManner,
): Exchange<OpenDocument, AccessError> {
  const announced = yield* readCardAccess();
  const profile = choosePace(announced, request.preference);
  if (manner.wantsLimits) manner.learnLimits(yield* readLimits());
  return profile === undefined ? yield* openByBac(request) : yield* openByPace(request, profile, manner);
}

/** EF.CardAccess in clear. A chip that has none, or something else in its place, announces nothing. */
function* readCardAccess(): Generator<CommandApdu, readonly SecurityInfo[], ResponseApdu> {
  const file = yield* readDocumentFile(LDS_FILES.CardAccess, new ReadManner(CLEAR));
  const infos = file.ok ? parseSecurityInfos(file.value) : file;
  return infos.ok ? infos.value : [];
}

/** EF.ATR/INFO in clear, in one command; it is a row of objects, and says nowhere how long it is. */
function* readLimits(): Generator<CommandApdu, AtrInfo | undefined, ResponseApdu> {
  const { sfi } = LDS_FILES.AtrInfo;
  const { sw, data } = yield { cla: 0x00, ins: 0xb0, p1: SHORT_IDENTIFIER + sfi, p2: 0x00, le: MAX_SHORT_LE };
  return sw === SW_OK ? parseAtrInfo(data) : undefined;
}

function* openByPace(
  { password, keys }: AccessRequest,
  profile: PaceProfile,
  manner: ReadManner,
): Exchange<OpenDocument, AccessError> {
  const established = yield* establishPace({ profile, password, keys });
  if (!established.ok) return established;
  const { chipMapping } = established.value;
  const access = { protocol: "PACE", profile } as const;
  return yield* keepingSession(established.value, function* (session) {
    if (chipMapping === undefined) {
      const selected = yield* secured(session, selectApplication());
      return selected.ok ? ok({ access, session }) : selected;
    }
    // The master file is current still: its signed file can be read before the application is selected.
    const cardSecurity = yield* secured(session, readDocumentFile(LDS_FILES.CardSecurity, manner));
    if (!cardSecurity.ok) return cardSecurity;
    const selected = yield* secured(session, selectApplication());
    if (!selected.ok) return selected;
    const mapping = { data: chipMapping, cardSecurity: cardSecurity.value };
    return ok({ access, session, mapping });
  });
}

function* openByBac({ password, bac, random }: AccessRequest): Exchange<OpenDocument, AccessError> {
  if (bac === "never" || password.reference !== "MRZ") return err({ kind: "noAccessProtocol" });
  const established = yield* basicAccess(password.key, random);
  if (!established.ok) return err(withoutApplication(established.error));
  const session = new SecureSession(established.value);
  return ok({ access: { protocol: "BAC" }, session });
}

function withoutApplication(error: BacError): AccessError {
  const isMissing =
    error.kind === "bacRefused" && error.step === "selectApplication" && NO_APPLICATION.includes(error.sw);
  return isMissing ? { kind: "notTravelDocument", sw: error.sw } : error;
}

/** What `use` makes of a session, which is ended if that fails, however it does. */
function* keepingSession<T, E>(
  keys: SessionKeys,
  use: (session: SecureSession) => Exchange<T, E>,
): Exchange<T, E> {
  const session = new SecureSession(keys);
  let result: Result<T, E> | undefined;
  try {
    result = yield* use(session);
    return result;
  } finally {
    if (result?.ok !== true) session.end();
  }
}

function* selectApplication(): Exchange<void, AccessError> {
  const { sw } = yield SELECT_APPLICATION;
  return sw === SW_OK ? ok(undefined) : err({ kind: "notTravelDocument", sw });
}
