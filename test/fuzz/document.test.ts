// The card is the attacker: every answer of every step of every kind of document, its files and its messages are changed.
// Nothing throws or hangs, every refusal is of a known kind, and nothing is proven that the honest document does not prove.
import { beforeAll, describe, expect, test } from "vitest";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { examineDocument } from "../../src/gate/examine-document.ts";
import { err, ok } from "../../src/result.ts";
import { sharedAnchors } from "../emrtd/whole-document.ts";
import { makeCasts } from "./document-casts.ts";
import { documentFiles } from "./document-corpus.ts";
import { filesCheck, signedObjectsCheck } from "./document-file-checks.ts";
import { HARMLESS_NAMES } from "./document-harmless.ts";
import type { Cast } from "./document-lies.ts";
import { messagesCheck } from "./document-message-check.ts";
import { MAX_HOSTILE_BYTES, makeFile } from "./document-mutations.ts";
import { lieInReadings } from "./document-readings.ts";
import type { Examine } from "./document-replay.ts";
import { filesTable, readingsTable } from "./document-table.ts";
import { type Check, fuzz } from "./fuzz.ts";

/** A failure names its seed and number: FUZZ_SEED, FUZZ_FROM and FUZZ_DOCUMENT_INPUTS=1 play it again. */
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const INPUTS = number("FUZZ_DOCUMENT_INPUTS", 200_000);
const SEED = number("FUZZ_SEED", 9303);
const FROM = number("FUZZ_FROM", 0);
/** A whole reading takes as long as dozens of files. */
const READINGS = Math.ceil(INPUTS / 100);
const FILES = Math.max(1, INPUTS - READINGS);
const MS_PER_FILE = 3;
const MS_PER_READING = 150;
const ENOUGH = 2_000;
const ENOUGH_FOR_A_DEFECT = 20_000;

const corpus = documentFiles();
const forFiles = { corpus, make: makeFile, maxInputBytes: MAX_HOSTILE_BYTES, seed: SEED };
let casts: readonly Cast[] = [];
beforeAll(async () => {
  casts = await makeCasts();
}, 120_000);

describe("hostile files and messages", () => {
  test(
    `${FILES} of seed ${SEED} break no rule`,
    () => {
      const checks = [filesCheck(), signedObjectsCheck(sharedAnchors(), corpus), messagesCheck()];
      const { failure, inputs, seen } = fuzz({ ...forFiles, checks, from: FROM, inputs: FILES });
      process.stdout.write(filesTable(seen));
      expect(failure).toBeUndefined();
      expect(inputs).toBe(FILES);
      if (FILES >= ENOUGH_FOR_A_DEFECT)
        expect(FILE_OUTCOMES.filter((outcome) => !seen.has(outcome))).toEqual([]);
    },
    60_000 + FILES * MS_PER_FILE,
  );
});

const both = (name: string): readonly string[] => [`${name} read`, `${name} refused`];
/** What the campaign must have met, since a fuzzer that no longer reaches the code would pass for ever. */
const FILE_OUTCOMES = [
  ...["COM", "DG1", "DG2", "DG7", "DG11", "DG12", "DG13", "DG14", "DG15", "DG16", "CardAccess"].flatMap(both),
  ...["SOD", "CardSecurity"].flatMap(both),
  ...["file read", "reply read", "reply told", "sealed told", "order told"],
  ...["sealed answerForged", "sealed answerMalformed", "sealed sessionDropped", "order answerForged"],
];

describe("hostile readings", () => {
  test(
    `${READINGS} of seed ${SEED} end in a refusal, or as the honest ones`,
    async () => {
      const report = await lieInReadings({ casts, seed: SEED, from: FROM, inputs: READINGS });
      process.stdout.write(readingsTable(report));
      expect(report.failure).toBeUndefined();
      expect(report.inputs).toBe(READINGS);
      if (READINGS < ENOUGH) return;
      expect(STEPS.filter((step) => !report.outcomes.has(step))).toEqual([]);
      const kinds = new Set([...report.outcomes.values()].flatMap((row) => [...row.keys()]));
      expect(REFUSALS.filter((kind) => !kinds.has(kind))).toEqual([]);
      const usual = HARMLESS_NAMES.filter((name) => !RARE.includes(name));
      expect(usual.filter((name) => !report.harmless.has(name))).toEqual([]);
    },
    120_000 + READINGS * MS_PER_READING,
  );
});

const STEPS = [
  ...["CardAccess", "AtrInfo", "file selection", "set", "nonce", "map", "agree", "token", "application"],
  ...["challenge", "authenticate", "CardSecurity", "SOD", "chip set", "chip agree", "active"],
  ...["DG1", "DG2", "DG7", "DG11", "DG12", "DG13", "DG14", "DG15"],
];
const REFUSALS = [
  ...["noAccessProtocol", "paceRefused", "paceMalformed", "hostileChip", "bacRefused", "bacMalformed"],
  ...["answerForged", "answerMalformed", "sessionDropped", "fileRefused", "fileMalformed", "malformed"],
  ...["messageDigestMismatch", "noTrustAnchor", "dataGroupChanged", "chipRefuted", "chipSignatureWrong"],
  ...["notTravelDocument", "cardGarbled", "wrongPassword"],
];

/** Ways of being harmless that chance seldom finds. */
const RARE = [
  "parameters disputed, upon which they are named by their number",
  "63Cx for 9000 to MSE:Set AT",
  "names of authorities behind the token",
  "the same data objects, written otherwise",
  "parts of a signed object that no signature covers",
];

/** A session that takes whatever comes. */
class Credulous extends SecureSession {
  override unprotect(response: Parameters<SecureSession["unprotect"]>[0]) {
    const answer = super.unprotect(response);
    return answer.ok ? answer : ok({ data: response.data, sw: 0x9000 });
  }
}

/** A session that forgets nothing. */
class Retentive extends SecureSession {
  override end(): void {}
}

const FILE_DEFECTS: readonly { readonly what: string; readonly check: Check; readonly found: RegExp }[] = [
  {
    what: "a reader looks beyond its file",
    check: filesCheck({
      DG1: (file) => ok(new Uint8Array(file.buffer, file.byteOffset, file.length + 1).slice()),
    }),
    found: /beyond the input/,
  },
  {
    what: "a reader trusts a length",
    check: filesCheck({
      DG11: (file) => ok(new Uint8Array(file.length).fill(0, 0).set(file.subarray(0, 4), file[1] ?? 0)),
    }),
    found: /^throws RangeError/,
  },
  {
    what: "a refusal tells what is in the file",
    check: filesCheck({ DG1: (file) => err({ kind: "odd", text: `${file}` }) }),
    found: /^broken: a refusal is short/,
  },
  {
    what: "a session takes what is not sealed",
    check: messagesCheck(Credulous),
    found: /^broken: (nothing is read after|what is read is what|a file is as long)/,
  },
  {
    what: "a session keeps its keys",
    check: messagesCheck(Retentive),
    found: /^broken: keys are wiped/,
  },
];

describe("planted defects of what reads files and messages are found, and played again", () => {
  test.each(FILE_DEFECTS)("$what", ({ check, found }) => {
    const campaign = { ...forFiles, checks: [check] };
    const { failure } = fuzz({ ...campaign, from: 0, inputs: ENOUGH_FOR_A_DEFECT });
    expect(failure?.what).toMatch(found);
    const again = fuzz({ ...campaign, from: failure?.input ?? 0, inputs: 1 });
    expect(again.failure).toEqual(failure);
  });
});

const PIN: Uint8Array = Uint8Array.of(0x00, 0x20, 0x00, 0x80);

const READING_DEFECTS: readonly {
  readonly what: string;
  readonly plant: (honest: Cast) => Examine;
  readonly found: RegExp;
}[] = [
  {
    what: "a copy is taken for the original",
    plant:
      ({ recording }) =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        return !result.ok && result.error.kind === "chipRefuted" ? ok(recording.reading) : result;
      },
    found: /^a lie was accepted/,
  },
  {
    what: "a changed file is taken for what was signed",
    plant:
      ({ recording }) =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        const files = new Map(recording.reading.files).set("DG1", Uint8Array.of(0x61, 0x00));
        const isChanged = !result.ok && result.error.kind === "dataGroupChanged";
        return isChanged ? ok({ ...recording.reading, files }) : result;
      },
    found: /^an accepted reading has another DG1/,
  },
  {
    what: "the chip's proof is not asked for",
    plant:
      () =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        if (!result.ok) return result;
        return ok({ ...result.value, chip: undefined, proofs: new Set(["cardAccess", "documentSignature"]) });
      },
    found: /^an accepted reading has another proofs/,
  },
  {
    what: "something throws",
    plant:
      () =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        if (!result.ok && result.error.kind === "fileMalformed") throw new TypeError("cannot read it");
        return result;
      },
    found: /^throws TypeError/,
  },
  {
    what: "a refusal is of no known kind",
    plant:
      () =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        const isForged = !result.ok && result.error.kind === "answerForged";
        return isForged ? err(JSON.parse('{"kind":"oddity"}')) : result;
      },
    found: /is no known refusal/,
  },
  {
    what: "the card is asked without end",
    plant:
      () =>
      async (...asked) => {
        const result = await examineDocument(...asked);
        for (;;) {
          if (result.ok || result.error.kind !== "fileRefused") return result;
          await asked[0].channel.transceive(Uint8Array.of(0x00, 0xb0, 0x9c, 0x00, 0x00));
        }
      },
    found: /^a reading ends in time/,
  },
  {
    what: "a PIN is tried",
    plant:
      () =>
      async (...asked) => {
        await asked[0].channel.transceive(PIN);
        return examineDocument(...asked);
      },
    found: /^no command is sent that a gate may not send/,
  },
];

describe("planted defects of the reading are found, and played again", () => {
  test.each(READING_DEFECTS)("$what", async ({ plant, found }) => {
    const [cast] = casts.filter(({ recording }) => recording.name === "passport-fr by BAC");
    if (cast === undefined) throw new Error("no such cast");
    const campaign = { casts: [cast], seed: SEED, examine: plant(cast) };
    const { failure = "", inputs } = await lieInReadings({ ...campaign, from: 0, inputs: ENOUGH });
    expect(failure).toMatch(found);
    const again = await lieInReadings({ ...campaign, from: inputs, inputs: 1 });
    expect(again.failure).toBe(failure);
  });
});
