/**
 * `varco explain --tap --document`: the document held to the reader is opened and examined as the door would, by the same
 * examiner, for whom its holder may be on the lists. What is found is explained; nothing is kept, and no try is counted: whoever
 * sits at the gate's keyboard need not guess.
 */
import type { Config, DocumentConfig, DoorConfig } from "../../config/schema.ts";
import { deriveScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { EphemeralKeys } from "../../emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../emrtd/read-manner.ts";
import { DocumentExaminer, type DocumentFinding } from "../../gate/document-examiner.ts";
import { type EnteredPasswords, wipePasswords } from "../../gate/entered-password.ts";
import type { CredentialInquiry } from "../../journal/credential-inquiry.ts";
import type { OpenDatabase } from "../../journal/database.ts";
import type { JournalError } from "../../ports/journal.ts";
import { silentLog } from "../../ports/log.ts";
import type { PasswordTries } from "../../ports/password-tries.ts";
import { err, ok, type Result } from "../../result.ts";
import { civilDate, DAY_MS } from "../../time/civil-date.ts";
import type { Instant } from "../../time/time.ts";
import type { CommandIo, Invocation } from "../command.ts";
import { documentRules } from "../document-door.ts";
import { zoneOf } from "../door-policy.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { askDocumentPasswords } from "./document-password.ts";
import { failed, type Outcome } from "./site.ts";
import { awaitTap, type CardWork } from "./tap.ts";

export interface DocumentDesk {
  readonly inquiry: CredentialInquiry;
  readonly database: OpenDatabase;
  readonly config: Config;
  /** A door that reads documents. */
  readonly door: DoorConfig & { readonly document: DocumentConfig };
  /** The time for which is asked. */
  readonly at: Instant;
}

const UNCOUNTED: PasswordTries = {
  mayTry: () => ok("yes"),
  begin: async () => ok({ id: 0 }),
  end: async () => ok(undefined),
};

/** What the document at the door's reader comes to, opened by what is asked for at the keyboard. */
export async function examineTapped(
  desk: DocumentDesk,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<DocumentFinding>> {
  const examiner = examinerOf(desk, io);
  if ("exit" in examiner) return examiner;
  const passwords = await askDocumentPasswords(invocation, io, "varco explain --help");
  if ("exit" in passwords) return passwords;
  try {
    const work = examination(examiner.value, passwords.value);
    const tap = await awaitTap(desk.config, invocation, io, work);
    if ("exit" in tap) return tap;
    const { found } = tap.value;
    return found.ok ? found : failed(io, found.error);
  } finally {
    wipePasswords(passwords.value);
  }
}

function examinerOf(
  { inquiry, database, config, door, at }: DocumentDesk,
  io: CommandIo,
): Outcome<DocumentExaminer> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const anchors = loadTrustAnchors(database, config);
  if (!anchors.ok) return failed(io, anchors.error);
  const today = civilDate(Math.floor(zoneOf(config).localAt(at) / DAY_MS));
  const examiner = new DocumentExaminer({
    link: "fastest",
    ...{ clock: io.clock, log: silentLog, random: systemRandom, keys: new EphemeralKeys(systemRandom) },
    ...{ door: door.id, rules: documentRules(door.document), families: new DocumentFamilies() },
    ...{ scopeKey: deriveScopeKey(siteKey.value, config), credentials: inquiry, tries: UNCOUNTED },
    anchors: () => anchors.value,
    today: () => ({ at, today }),
  });
  return { value: examiner };
}

/** A lost card is tried again; what else fails is of the database. */
const examination =
  (
    examiner: DocumentExaminer,
    passwords: EnteredPasswords,
  ): CardWork<Result<DocumentFinding, JournalError>> =>
  async (card, _, activateAnew) => {
    const found = await examiner.examine(
      card,
      { passwords, number: undefined, isCounted: false },
      activateAnew,
    );
    if (found.ok) return ok(found);
    return found.error.kind === "pinsFailed" ? ok(err(found.error.error)) : err(found.error);
  };
