/**
 * `varco trust import FILE...`: certificates of country signers, lists of them, revocation lists; and of those who make visible
 * seals (`--seals`), the trusted lists that name them, the certificates of their signers. Everything is verified before anything is stored, each file is taken whole or not at all, and each that changes something
 * leaves a row in the journal. A running gate goes by the new store from the next card on.
 */
import { basename } from "node:path";
import type { TrustContent } from "../../journal/trust-content.ts";
import { TrustRegister } from "../../journal/trust-register.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import { type Certificate, parseCertificate } from "../../pki/certificate.ts";
import { readTrustFile } from "../../pki/pem.ts";
import { err, ok, type Result } from "../../result.ts";
import { isAuthorityId, isCertificateId, type SealerNames } from "../../seal/sealer.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { isLaboratory } from "./anchor-book.ts";
import { examineDirectory } from "./directory-examine.ts";
import { Progress } from "./progress.ts";
import { examineBundle, examineTrustedList } from "./sealer-examine.ts";
import { failed, type Outcome, openConfig, openSite, type Site } from "./site.ts";
import { type ExamineContext, type Examined, examineList, examinePlain } from "./trust-examine.ts";
import { openTrustFile, type TrustFile } from "./trust-file.ts";
import { describeRefusal, type TrustRefusal } from "./trust-refusal.ts";
import { refusalJson, reportJson, reportLines } from "./trust-report.ts";

/** A file's name is shown and journalled; longer than this or with other signs it is not. */
const LONGEST_NAME = 120;

/** How long the event loop may stand still before a person who interrupts is heard. */
const TURN_MS = 50;

export const trustImportCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const { flags, texts, positionals } = invocation;
  const testAuthorities = flags.has("laboratory") ? "accepted" : "refused";
  const json = flags.has("json");
  const sealers = sealersOf(invocation, io);
  if ("exit" in sealers) return sealers.exit;
  const given = pinOf(texts["pin-signer"], { testAuthorities, json, io });
  if ("exit" in given) return given.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  const job = { io, json, given: given.value, testAuthorities, ...sealers.value } as const;
  try {
    let exit: ExitCode = EXIT.done;
    for (const file of positionals) {
      const next = await importFile(file, site.value, job);
      if (next > exit) exit = next;
      if (io.signal.aborted) break;
    }
    return exit;
  } finally {
    site.value.close();
  }
};

/** What the command line says of makers of seals. */
type SealersGiven = Pick<ExamineContext, "certificatesOf" | "sealerNames" | "confirmed">;

const FINGERPRINT = /^[0-9A-F]{64}$/;

function sealersOf({ flags, texts }: Invocation, io: CommandIo): Outcome<SealersGiven> {
  // As programs print it: in either case, with colons or without.
  const confirmed = texts["sha256"]?.replaceAll(":", "").toUpperCase();
  if (confirmed !== undefined && !FINGERPRINT.test(confirmed)) {
    io.err("--sha256 takes 64 hexadecimal digits: the SHA-256 of the trusted list");
    return { exit: EXIT.usage };
  }
  const certificatesOf = flags.has("seals") ? "sealers" : "countrySigners";
  const name = texts["seal-name"];
  if (name === undefined) return { value: { certificatesOf, sealerNames: undefined, confirmed } };
  const [authorityId = "", certificateId, ...more] = name.split("/");
  const isName =
    isAuthorityId(authorityId) &&
    (certificateId === undefined || isCertificateId(certificateId)) &&
    more.length === 0;
  if (!isName || certificatesOf === "countrySigners") {
    io.err("--seal-name takes a name such as FR05 or FR05/0001, and goes with --seals");
    return { exit: EXIT.usage };
  }
  const sealerNames: SealerNames = { authorityId, certificateId: certificateId ?? "" };
  return { value: { certificatesOf, sealerNames, confirmed } };
}

/** What all files of one command have in common. */
interface ImportJob extends SealersGiven {
  readonly io: CommandIo;
  readonly json: boolean;
  /** From `--pin-signer`; kept in the store once a list was verified to it. */
  readonly given: readonly Certificate[];
  readonly testAuthorities: "refused" | "accepted";
}

/** The one certificate of `--pin-signer`. */
function pinOf(
  file: string | undefined,
  job: Pick<ImportJob, "io" | "json" | "testAuthorities">,
): Outcome<readonly Certificate[]> {
  if (file === undefined) return { value: [] };
  const pin = readPin(file, job.testAuthorities);
  return pin.ok ? { value: [pin.value] } : { exit: refuse(file, pin.error, job) };
}

function readPin(
  file: string,
  testAuthorities: ImportJob["testAuthorities"],
): Result<Certificate, TrustRefusal> {
  const opened = openTrustFile(file);
  if (!opened.ok) return opened;
  const content = opened.value.content();
  opened.value.close();
  if (!content.ok) return content;
  const { certificates, revocationLists, skipped } = readTrustFile(content.value);
  const [pin, ...others] = certificates;
  if (pin === undefined || others.length + revocationLists.length + skipped > 0)
    return err({ kind: "noSinglePin" });
  return isLaboratory(pin) && testAuthorities === "refused"
    ? err({ kind: "testAuthority", subject: pin.subject.text })
    : ok(pin);
}

async function importFile(file: string, site: Site, job: ImportJob): Promise<ExitCode> {
  const opened = openTrustFile(file);
  if (!opened.ok) return refuse(file, opened.error, job);
  try {
    const store = TrustStore.open(site.database);
    if (!store.ok) return failed(job.io, store.error).exit;
    const held = store.value.read();
    if (!held.ok) return failed(job.io, held.error).exit;
    const examined = await examine(opened.value, contextOf(held.value, job), job.io);
    if (examined === undefined) {
      job.io.err(`stopped: nothing of ${file} was imported`);
      return EXIT.negative;
    }
    if (!examined.ok) return refuse(file, examined.error, job);
    return await take(shownName(file), examined.value, held.value, { site, job });
  } finally {
    opened.value.close();
  }
}

const contextOf = (held: TrustContent, job: ImportJob): ExamineContext => ({
  held,
  pinned: [...job.given, ...pinsOf(held, job)],
  testAuthorities: job.testAuthorities,
  certificatesOf: job.certificatesOf,
  sealerNames: job.sealerNames,
  confirmed: job.confirmed,
  at: job.io.clock.wallTime(),
});

/** Pins of test authorities rest while the command is not about them. */
function pinsOf({ signers }: TrustContent, { testAuthorities }: ImportJob): readonly Certificate[] {
  const certificates = signers.flatMap(({ der }) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value] : [];
  });
  return certificates.filter((pin) => testAuthorities === "accepted" || !isLaboratory(pin));
}

/** What the file brings; `undefined` when the person at the keyboard gave up. */
async function examine(
  file: TrustFile,
  context: ExamineContext,
  io: CommandIo,
): Promise<Result<Examined, TrustRefusal> | undefined> {
  if (file.form === "directory") {
    const progress = new Progress(io, { what: "read", total: file.sizeBytes / 1_000, unit: "kB" });
    let turnAt = io.clock.monotonicMs();
    return examineDirectory(file, context, async (doneBytes) => {
      progress.show(doneBytes / 1_000);
      if (io.signal.aborted) return "stop";
      if (io.clock.monotonicMs() - turnAt < TURN_MS) return "go on";
      await io.clock.sleep(0);
      turnAt = io.clock.monotonicMs();
      return "go on";
    });
  }
  const content = file.content();
  if (!content.ok) return content;
  return EXAMINERS[file.form](content.value, context);
}

const EXAMINERS = {
  signed: examineList,
  plain: examinePlain,
  trustedList: examineTrustedList,
  bundle: examineBundle,
} as const;

async function take(
  name: string,
  examined: Examined,
  held: TrustContent,
  { site, job }: { readonly site: Site; readonly job: ImportJob },
): Promise<ExitCode> {
  const { byHand, lists, revocationLists, signers, sealers, sealerLists, sealerRevocationLists } = examined;
  const brought = [byHand, lists, revocationLists, sealers, sealerLists, sealerRevocationLists];
  const isEmpty = brought.every(({ length }) => length === 0);
  const register = TrustRegister.open(site.database, site.journal);
  if (!register.ok) return failed(job.io, register.error).exit;
  const parts = { byHand, lists, revocationLists, signers, sealers, sealerLists, sealerRevocationLists };
  const file = { name, importedAt: job.io.clock.wallTime(), ...parts };
  const changed = isEmpty ? ok(undefined) : await register.value.import(file, held.seal);
  if (!changed.ok) return failed(job.io, changed.error).exit;
  const report = { file: name, changed: changed.value, examined };
  if (job.json) job.io.out(reportJson(report));
  else for (const line of reportLines(report)) job.io.out(line);
  if (!isEmpty) return EXIT.done;
  if (!job.json) job.io.err(`${name}: ${describeRefusal({ kind: "nothingUsable" })}`);
  return EXIT.negative;
}

/** A file that cannot be read is a failure of the surroundings, any other refusal a negative result. */
function refuse(file: string, refusal: TrustRefusal, { io, json }: Pick<ImportJob, "io" | "json">): ExitCode {
  if (json) io.out(refusalJson(shownName(file), refusal));
  else io.err(`${shownName(file)} ${describeRefusal(refusal)}`);
  return refusal.kind === "fileUnreadable" ? EXIT.environment : EXIT.negative;
}

/** The name without its folders, which may say who keeps it where, and without signs that garble a terminal. */
const shownName = (file: string): string => basename(file).replaceAll(/\p{C}/gu, "?").slice(0, LONGEST_NAME);
