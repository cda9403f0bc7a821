/**
 * `varco explain --seal`: what a door would make of a seal, alone or beside the document that is held to the reader, by the
 * gate's own examination and the trust store as it is now. Only looks.
 */
import type { Config, DocumentConfig, DoorConfig } from "../../config/schema.ts";
import { deriveScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import type { DocumentFinding } from "../../gate/document-examiner.ts";
import { SealExaminer } from "../../gate/examine-seal.ts";
import type { Passage } from "../../gate/passage.ts";
import type { CredentialInquiry } from "../../journal/credential-inquiry.ts";
import type { OpenDatabase } from "../../journal/database.ts";
import { civilDate, DAY_MS } from "../../time/civil-date.ts";
import type { Instant } from "../../time/time.ts";
import type { CommandIo } from "../command.ts";
import { documentRules } from "../document-door.ts";
import { zoneOf } from "../door-policy.ts";
import { sealReader } from "../door-seals.ts";
import { loadSealAnchors } from "../seal-anchors-of.ts";
import { openSealFile } from "./seal-file.ts";
import { failed, type Outcome } from "./site.ts";

export interface SealDesk {
  readonly inquiry: CredentialInquiry;
  readonly database: OpenDatabase;
  readonly config: Config;
  readonly door: DoorConfig & { readonly document: DocumentConfig };
  /** The time for which is asked. */
  readonly at: Instant;
  /** Names the file of the seal. */
  readonly seal: string | undefined;
}

/** Whom the seal alone may stand for. */
export function passageBySeal(desk: SealDesk, io: CommandIo): Outcome<Passage> {
  const examiner = examinerOf(desk, io);
  if ("exit" in examiner) return examiner;
  const bytes = openSealFile(desk.seal ?? "", io);
  return "exit" in bytes ? bytes : { value: examiner.value.passage(bytes.value) };
}

/** What was found of the document, with its seal where the door demands that, or the refusal for want of it. */
export function withSeal(found: DocumentFinding, desk: SealDesk, io: CommandIo): Outcome<DocumentFinding> {
  if (found.sealedBy === undefined) return { value: found };
  const examiner = examinerOf(desk, io);
  if ("exit" in examiner) return examiner;
  const bytes = desk.seal === undefined ? { value: undefined } : openSealFile(desk.seal, io);
  return "exit" in bytes ? bytes : { value: examiner.value.beside(found, bytes.value) };
}

function examinerOf({ inquiry, database, config, door, at }: SealDesk, io: CommandIo): Outcome<SealExaminer> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const anchors = loadSealAnchors(database, config);
  if (!anchors.ok) return failed(io, anchors.error);
  const today = civilDate(Math.floor(zoneOf(config).localAt(at) / DAY_MS));
  const examiner = new SealExaminer({
    read: sealReader({ anchors: () => anchors.value, now: () => at }),
    ...{ rules: documentRules(door.document), credentials: inquiry, today: () => ({ today }) },
    scopeKey: deriveScopeKey(siteKey.value, config),
  });
  return { value: examiner };
}
