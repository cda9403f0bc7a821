/**
 * What must hold when a file is read under secure messaging from a chip that has the keys and lies, or from somebody between
 * who has none: what is read is what the chip has said, and after anything else the session is over and its keys are
 * gone (src/emrtd/secure-messaging.ts, secure-messaging-exchange.ts, read-file.ts).
 */
import { encodeCommand } from "../../src/apdu/command.ts";
import { parseResponse } from "../../src/apdu/response.ts";
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";
import { LDS_FILES, type LdsFile } from "../../src/emrtd/lds/data-groups.ts";
import { fileLength } from "../../src/emrtd/lds/file-length.ts";
import { type ReadFileError, readDocumentFile } from "../../src/emrtd/read-file.ts";
import { ReadManner } from "../../src/emrtd/read-manner.ts";
import { type SecureMessagingError, SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import { LARGEST_SHORT_READ } from "../../src/emrtd/secure-messaging-sizes.ts";
import type { Result } from "../../src/result.ts";
import { parseCommand } from "../../src/sim/cards/apdu.ts";
import { ChipFiles } from "../../src/sim/emrtd/chip-files.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { type Plain, roomInside, SecureChannel } from "../../src/sim/emrtd/secure-channel.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { mutatedAnswer, mutatedReply } from "./document-answers.ts";
import type { Check } from "./fuzz.ts";
import type { Witness } from "./witness.ts";

/** Where the lie comes in. */
type Lie =
  /** The file alone is false; every message is sound. */
  | "file"
  /** One answer says something else than the file does, under the right code. */
  | "reply"
  /** One protected answer is changed on its way, */
  | "sealed"
  /** or another takes its place: an earlier one, or one of another session. */
  | "order";

const LIES: readonly Lie[] = ["file", "reply", "reply", "sealed", "sealed", "order"];
const SUITES: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];
const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 0x40 + index);
const FILES: readonly LdsFile[] = Object.values(LDS_FILES).filter(({ tag }) => tag !== undefined);
/** A photograph takes a hundred answers; what is behind so many bytes is read like what is before. */
const MAX_FILE_BYTES = 700;
const FAR = 1 / 200;
/** Beyond what the even instruction can address. */
const FAR_BYTES = 33_000;
const FAR_MANNER = { readBytes: 8_000, bySelection: false };
/** The last reads of a file in that manner are far ones. */
const FAR_LIE_FROM = 4;
/** One answer more than the reads of one file may be. */
const MAX_COMMANDS = 1_025;
const APPLICATION = { cla: 0, ins: 0xa4, p1: 0x04, p2: 0x0c } as const;
const AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);
const SM_KINDS: readonly string[] = ["sessionDropped", "answerForged", "answerMalformed", "sessionEnded"];

type Outcome = Result<Uint8Array, ReadFileError | SecureMessagingError>;

/** `Session` may have a planted defect. */
export const messagesCheck = (Session: typeof SecureSession = SecureSession): Check => ({
  name: "messages",
  turn: { at: 0, of: 24 },
  once: true,
  run(input, witness, random) {
    const name = random.pick(SUITES);
    const lie = random.pick(LIES);
    const isFar = random.chance(FAR);
    const file = isFar ? farFile(input) : input.subarray(0, MAX_FILE_BYTES);
    const chip = new LyingChip({ name, lie, file, isFar, random });
    const { kdf } = suite(name);
    const keys = { suite: name, ksEnc: kdf(SECRET, 1), ksMac: kdf(SECRET, 2) };
    const session = new Session(keys);
    const outcome = converse(session, chip, new ReadManner(isFar ? FAR_MANNER : undefined), witness);
    witness.word(`${lie} ${outcome.ok ? "read" : outcome.error.kind}`);
    witness.word(chip.hasLied ? `${lie} told` : `${lie} not told`);
    judge(outcome, chip, witness);
    if (outcome.ok || !SM_KINDS.includes(outcome.error.kind)) return;
    witness.holds(
      [...keys.ksEnc, ...keys.ksMac].every((byte) => byte === 0),
      "keys are wiped",
    );
    const next = session.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 1 });
    witness.holds(!next.ok && next.error.kind === "sessionEnded", "a broken session stays ended");
  },
});

/** An object of 75 with the input at its far end. */
function farFile(input: Uint8Array): Uint8Array {
  const file = new Uint8Array(FAR_BYTES + MAX_FILE_BYTES);
  file.set(Uint8Array.of(0x75, 0x82, (file.length - 4) >> 8, (file.length - 4) & 0xff));
  file.set(input.subarray(0, MAX_FILE_BYTES), FAR_BYTES);
  return file;
}

function converse(session: SecureSession, chip: LyingChip, manner: ReadManner, witness: Witness): Outcome {
  const reading = secured<Uint8Array, ReadFileError | SecureMessagingError>(
    session,
    readDocumentFile(chip.file, manner),
  );
  let step = reading.next();
  for (let commands = 0; step.done !== true; commands++) {
    witness.number(commands, 0, MAX_COMMANDS);
    const answer = parseResponse(chip.answer(encodeCommand(step.value)));
    if (answer === undefined) {
      reading.return({ ok: false, error: { kind: "sessionEnded" } });
      session.end();
      return { ok: false, error: { kind: "sessionEnded" } };
    }
    step = reading.next(answer);
  }
  return step.value;
}

function judge(outcome: Outcome, chip: LyingChip, witness: Witness): void {
  if (!outcome.ok) return;
  const { value } = outcome;
  witness.bytes(value, FAR_BYTES + MAX_FILE_BYTES);
  const said = concat(...chip.said);
  witness.holds(value.length === fileLength(value), "a file is as long as its head tells");
  witness.holds(equalBytes(value, said.subarray(0, value.length)), "what is read is what the chip said");
  const isForged = chip.hasLied && (chip.lie === "sealed" || chip.lie === "order");
  witness.holds(!isForged, "nothing is read after an answer that the chip did not seal");
}

interface ChipFacts {
  readonly name: SuiteName;
  readonly lie: Lie;
  readonly file: Uint8Array;
  readonly isFar: boolean;
  readonly random: SeededRandom;
}

/** The chip's end of one session, by the simulator's own messaging, with one lie in it. */
class LyingChip {
  readonly lie: Lie;
  readonly file: LdsFile;
  /** Data of the reads that went well, in their order. */
  readonly said: Uint8Array[] = [];
  hasLied = false;
  readonly #facts: ChipFacts;
  readonly #channel: SecureChannel;
  readonly #stranger: SecureChannel;
  readonly #files: ChipFiles;
  readonly #answers: Uint8Array[] = [];
  readonly #lieAt: number;

  constructor(facts: ChipFacts) {
    const { name, lie, file, isFar, random } = facts;
    this.lie = lie;
    this.#facts = facts;
    this.file = isFar ? LDS_FILES.DG2 : (FILES.find(({ tag }) => tag === file[0]) ?? LDS_FILES.DG1);
    const { kdf } = suite(name);
    const keys = { suite: name, enc: kdf(SECRET, 1), mac: kdf(SECRET, 2), counter: 0n };
    this.#channel = new SecureChannel(keys);
    this.#stranger = new SecureChannel({ ...keys, mac: kdf(SECRET, 3) });
    this.#files = new ChipFiles(contentWith(this.file, file), {});
    if (this.file.place === "application") this.#files.select({ ...APPLICATION, data: AID }, "pace");
    const reads = Math.ceil(file.length / LARGEST_SHORT_READ);
    this.#lieAt = isFar ? FAR_LIE_FROM + random.below(3) : random.below(Math.max(1, reads));
  }

  answer(apdu: Uint8Array): Uint8Array {
    const command = parseCommand(apdu);
    const plain = command === undefined ? 0x6700 : this.#channel.open(command);
    if (command === undefined || typeof plain === "number") return Uint8Array.of(0x69, 0x88);
    const isNow = this.#answers.length === this.#lieAt;
    const honest = this.#files.isForbidden(plain)
      ? { data: new Uint8Array(0), sw: 0x6982 }
      : this.#reply(plain, roomInside(this.#facts.name, command.le ?? 0));
    const reply = isNow && this.lie === "reply" ? this.#otherReply(honest) : honest;
    const isRead = plain.ins === 0xb0 || plain.ins === 0xb1;
    if (isRead && (reply.sw === 0x9000 || reply.sw === 0x6282)) this.said.push(dataOf(plain.ins, reply.data));
    const sealed = this.#channel.seal(reply, plain.ins);
    const sent = isNow ? this.#changed(sealed, reply, plain.ins) : sealed;
    this.#answers.push(sent);
    return sent;
  }

  #reply(plain: Exclude<ReturnType<SecureChannel["open"]>, number>, roomBytes: number): Plain {
    if (plain.ins === 0xa4) return this.#files.select(plain, "pace");
    return this.#files.read(plain, "pace", roomBytes - (plain.ins === 0xb1 ? 4 : 0));
  }

  #otherReply({ data, sw }: Plain): Plain {
    const honest = concat(data, Uint8Array.of(sw >> 8, sw & 0xff));
    const changed = mutatedReply(honest, [this.#facts.file, honest], this.#facts.random);
    this.hasLied = true;
    const [sw1 = 0, sw2 = 0] = changed.subarray(-2);
    return { data: changed.subarray(0, -2), sw: sw1 * 256 + sw2 };
  }

  #changed(sealed: Uint8Array, reply: Plain, ins: number): Uint8Array {
    const { random } = this.#facts;
    if (this.lie !== "sealed" && this.lie !== "order") return sealed;
    this.hasLied = true;
    if (this.lie === "sealed") return mutatedAnswer(sealed, [sealed, this.#facts.file], random);
    const earlier = this.#answers.length === 0 ? undefined : random.pick(this.#answers);
    return earlier === undefined || random.chance(0.5) ? this.#stranger.seal(reply, ins) : earlier;
  }
}

/** What the reader takes of an answer's data: inside object 53 for the odd instruction. */
function dataOf(ins: number, data: Uint8Array): Uint8Array {
  if (ins === 0xb0) return data;
  const count = (data[1] ?? 0) < 0x80 ? 0 : (data[1] ?? 0) & 0x7f;
  return data.subarray(2 + count);
}

const contentWith = ({ fid, place }: LdsFile, file: Uint8Array): ChipContent => {
  const files = new Map([[fid, file]]);
  const none = new Map<number, Uint8Array>();
  return {
    historicalBytes: new Uint8Array(0),
    masterFile: place === "masterFile" ? files : none,
    application: place === "application" ? files : none,
    mrzInformation: "",
    pace: [],
    bac: true,
    extendedLength: true,
    chipKeys: [],
  };
};
