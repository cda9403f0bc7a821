/**
 * The chip of a replay: what a recording says in clear, the files under secure messaging by the simulator's own code, and one
 * lie somewhere in it. It knows all keys, as the worst of attackers would, and does no arithmetic of key agreement.
 */
import { concat } from "../../src/bytes/bytes.ts";
import { type CardCommand, parseCommand, statusOnly } from "../../src/sim/cards/apdu.ts";
import { ActiveAuthentication } from "../../src/sim/emrtd/active-authentication.ts";
import { ChipFiles } from "../../src/sim/emrtd/chip-files.ts";
import { NO_LATENCY } from "../../src/sim/emrtd/chip-latency.ts";
import { done, inClear, SW, status } from "../../src/sim/emrtd/chip-work.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { type Plain, roomInside, SecureChannel } from "../../src/sim/emrtd/secure-channel.ts";
import { isForbidden } from "../../src/sim/emrtd/tripwires.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { Recording } from "./document-recording.ts";

/** One falsehood of a chip, at the answer `at`, counted from its activation. */
export interface Lie {
  /**
   * `answer`: its bytes as they go over the air. `reply`: what is said, before it is sealed. `file`: the file that is read
   * there, in all reads. `order`: another answer in its place. `obstinate`: the same answer from there on.
   */
  readonly how: "answer" | "reply" | "file" | "order" | "obstinate";
  readonly at: number;
  /** The answer in its place, or the file; data and status for all but files. */
  readonly edit: (honest: Uint8Array) => Uint8Array;
  /** Activated anew, the chip is honest. */
  readonly isOnce: boolean;
}

/** A lie as it was told. */
export interface Told {
  /** What the reader had asked for; another than the lie was meant for if an attempt before went otherwise. */
  readonly step: StepName;
  readonly honest: Uint8Array;
  readonly given: Uint8Array;
}

/** What an answer is about: a round of a protocol, or a file by its name. */
export type StepName = string;

export const isFileStep = (step: StepName): boolean => /^DG\d+$|^SOD$|^Card/.test(step);

const PROTECTED = 0x0c;
const INS = { select: 0xa4, read: 0xb0, readOdd: 0xb1, set: 0x22, agree: 0x86, prove: 0x88 } as const;
const SET_KEY = 0xa6;
const ROUNDS = ["nonce", "map", "agree", "token"];
const CLEAR: Readonly<Record<number, StepName>> = {
  [INS.select]: "application",
  [INS.read]: "CardAccess",
  [INS.set]: "set",
  132: "challenge",
  130: "authenticate",
  192: "rest",
};
/** P1 of the read that asks for the chip's limits. */
const ATR_INFO = 0x81;
const FILE_NAMES: Readonly<Record<number, StepName>> = {
  [0x1c]: "CardAccess",
  [0x1d]: "SOD",
  [0x1e]: "COM",
};
const AID_BYTES = 7;
const ODD_HEAD_BYTES = 4;
const SW_OVER = 0x6988;
const STATUS_BYTES = 2;

export class ReplayChip {
  /** Step of each answer since the last activation. */
  readonly steps: StepName[] = [];
  commands = 0;
  /** A command that no gate may send, or for fingerprints or irises. */
  tripped = 0;
  /** Since the last activation. */
  told: Told | undefined;
  /** Before it. */
  hasToldBefore = false;
  readonly #recording: Recording;
  readonly #lie: Lie | undefined;
  readonly #proof: ActiveAuthentication;
  #files: ChipFiles;
  #channel: SecureChannel | undefined;
  #sessions = 0;
  #rounds = 0;
  #fileName: StepName = "";
  #isInApplication = false;
  #isHonest = false;
  #obstinate: Uint8Array | undefined;

  constructor(recording: Recording, lie: Lie | undefined) {
    this.#recording = recording;
    this.#lie = lie;
    const { content, seed } = recording;
    this.#files = new ChipFiles(content, {});
    const random = new SeededRandom(seed);
    this.#proof = new ActiveAuthentication({ content, behaviour: {}, latency: NO_LATENCY, random });
    this.#begin();
  }

  /** Power off and on. */
  activateAnew(): void {
    this.hasToldBefore ||= this.told !== undefined;
    this.#isHonest = this.#lie?.isOnce === true && this.hasToldBefore;
    this.told = undefined;
    this.#begin();
  }

  #begin(): void {
    this.steps.length = 0;
    this.#channel = undefined;
    this.#sessions = 0;
    this.#rounds = 0;
    this.#isInApplication = false;
    this.#obstinate = undefined;
    this.#files = new ChipFiles(this.#isHonest ? this.#recording.content : this.#content(), {});
    this.#files.reset();
  }

  /** The files, one of them false if the lie is of that kind. */
  #content(): ChipContent {
    const { content } = this.#recording;
    const { how, at, edit } = this.#lie ?? {};
    if (how !== "file" || at === undefined || edit === undefined) return content;
    const { directory, id } = fileAt(this.#recording, at);
    const honest = content[directory].get(id) ?? new Uint8Array(0);
    const given = edit(honest);
    this.told = { step: stepsOf(this.#recording)[at] ?? "", honest, given };
    return { ...content, [directory]: new Map([...content[directory], [id, given]]) };
  }

  answer(apdu: Uint8Array): Uint8Array {
    this.commands += 1;
    const command = parseCommand(apdu);
    if (command === undefined) return statusOnly(SW.wrongLength);
    const at = this.steps.length;
    const isProtected = (command.cla & PROTECTED) === PROTECTED;
    const answer = isProtected ? this.#inside(command, at) : this.#clear(command);
    if (this.#obstinate !== undefined) return this.#obstinate;
    const isNow = !this.#isHonest && this.#lie?.at === at;
    if (!isNow || this.#lie === undefined || this.#lie.how === "reply" || this.#lie.how === "file")
      return answer;
    const given = this.#lie.edit(answer);
    this.told = { step: this.steps[at] ?? "", honest: answer, given };
    if (this.#lie.how === "obstinate") this.#obstinate = given;
    return given;
  }

  /** Files as they are, and of the protocols what was recorded: the reader's part of them is the same each time. */
  #clear(command: CardCommand): Uint8Array {
    const { ins } = command;
    if (isForbidden(command, false) || this.#files.isForbidden(command)) this.tripped += 1;
    if (ins === INS.set) this.#rounds = 0;
    const round = ins === INS.agree ? this.#rounds : 0;
    this.steps.push(this.#clearStep(command));
    if (this.#channel !== undefined) return statusOnly(SW_OVER);
    if (ins === INS.select) return inClear(this.#files.select(command, "none"));
    if (ins === INS.read) return inClear(this.#files.read(command, "none", command.le ?? 0));
    const { commands, answers } = this.#recording;
    const recorded = answers.filter((_, at) => commands[at]?.[0] !== PROTECTED && commands[at]?.[1] === ins);
    return recorded[round] ?? statusOnly(SW_OVER);
  }

  #clearStep({ ins, p1, data }: CardCommand): StepName {
    if (ins === INS.agree) return ROUNDS[this.#rounds++] ?? "";
    if (ins === INS.select && data.length !== AID_BYTES) return "file selection";
    this.#isInApplication ||= ins === INS.select;
    if (ins === INS.read && p1 === ATR_INFO) return "AtrInfo";
    return CLEAR[ins] ?? "";
  }

  #inside(command: CardCommand, at: number): Uint8Array {
    this.#channel ??= this.#nextSession();
    const plain = this.#channel.open(command);
    if (typeof plain === "number") {
      this.steps.push("");
      return statusOnly(plain);
    }
    if (isForbidden(plain, true) || this.#files.isForbidden(plain)) this.tripped += 1;
    const room = roomInside(this.#recording.sessions[this.#sessions - 1]?.suite ?? "3DES", command.le ?? 0);
    const honest = this.#reply(plain, room);
    const reply =
      this.#lie?.how === "reply" && !this.#isHonest && this.#lie.at === at ? this.#lied(honest) : honest;
    const answer = this.#channel.seal(reply, plain.ins);
    const hasNewKeys = plain.ins === INS.agree || (plain.ins === INS.set && plain.p2 === SET_KEY);
    if (hasNewKeys && honest.sw === SW.ok) this.#channel = this.#nextSession();
    return answer;
  }

  #lied({ data, sw }: Plain): Plain {
    const honest = concat(data, statusOnly(sw));
    const given = this.#lie?.edit(honest) ?? honest;
    this.told = { step: this.steps.at(-1) ?? "", honest, given };
    const [sw1 = 0, sw2 = 0] = given.subarray(-STATUS_BYTES);
    return { data: given.subarray(0, -STATUS_BYTES), sw: sw1 * 256 + sw2 };
  }

  #nextSession(): SecureChannel {
    const { sessions } = this.#recording;
    const keys = sessions[Math.min(this.#sessions++, sessions.length - 1)];
    if (keys === undefined) throw new Error("a recording without a session");
    return new SecureChannel(keys);
  }

  #reply(plain: CardCommand, roomBytes: number): Plain {
    const access = this.#recording.reading.access.protocol === "BAC" ? "bac" : "pace";
    switch (plain.ins) {
      case INS.select:
        this.#isInApplication ||= plain.data.length === AID_BYTES;
        this.steps.push(plain.data.length === AID_BYTES ? "application" : "file selection");
        return this.#files.select(plain, access);
      case INS.read:
      case INS.readOdd: {
        if (plain.ins === INS.read && plain.p1 >= 0x80) this.#fileName = this.#named(plain.p1 & 0x1f);
        this.steps.push(this.#fileName);
        const head = plain.ins === INS.readOdd ? ODD_HEAD_BYTES : 0;
        return this.#files.read(plain, access, roomBytes - head);
      }
      case INS.prove:
        this.steps.push("active");
        return this.#proof.authenticate(plain).reply();
      case INS.agree:
        this.steps.push("chip agree");
        return done(Uint8Array.of(0x7c, 0x00));
      default:
        this.steps.push("chip set");
        return status(SW.ok);
    }
  }

  #named(short: number): StepName {
    if (!this.#isInApplication && short === 0x1d) return "CardSecurity";
    return FILE_NAMES[short] ?? `DG${short}`;
  }
}

/** The file that the answer `at` of the recording is a part of. */
function fileAt(
  recording: Recording,
  at: number,
): { readonly directory: "masterFile" | "application"; readonly id: number } {
  const name = stepsOf(recording)[at] ?? "";
  if (name === "CardSecurity") return { directory: "masterFile", id: 0x011d };
  if (name === "SOD") return { directory: "application", id: 0x011d };
  return { directory: "application", id: 0x0100 + Number(name.slice(2)) };
}

const kept = new WeakMap<Recording, readonly StepName[]>();

/** Steps of all answers of the honest reading. */
export function stepsOf(recording: Recording): readonly StepName[] {
  const steps = kept.get(recording);
  if (steps === undefined) throw new Error("the recording has not been replayed yet");
  return steps;
}

export function noteSteps(recording: Recording, chip: ReplayChip): void {
  kept.set(recording, [...chip.steps]);
}
