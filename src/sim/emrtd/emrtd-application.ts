/**
 * The chip of a virtual travel document: takes each command apart, lets the protocol answer that it belongs to, and puts
 * the answer under the session that is on. What no gate may send is recorded as tripped, what the chip does not know as
 * unexpected, so that a test can insist on empty records.
 * Governing text: ICAO Doc 9303-10 and 9303-11; ISO/IEC 7816-4.
 */
import { toHex } from "../../bytes/hex.ts";
import type { Random } from "../../ports/random.ts";
import { type CardCommand, isExtended, parseCommand, statusOnly } from "../cards/apdu.ts";
import { type BitFlip, flipped } from "../cards/bit-flip.ts";
import { CieDelivery } from "../cards/cie-delivery.ts";
import type { CardApplication, CardResponse } from "../cards/iso-dep.ts";
import { ActiveAuthentication } from "./active-authentication.ts";
import { type ApduLimits, apduLimits } from "./apdu-limits.ts";
import { ChipAuthentication } from "./chip-authentication.ts";
import { ChipBac } from "./chip-bac.ts";
import type { ChipBehaviour } from "./chip-faults.ts";
import { type Access, ChipFiles } from "./chip-files.ts";
import type { ChipLatency } from "./chip-latency.ts";
import { ChipPace } from "./chip-pace.ts";
import { inClear, type Reply, SW, status, type Work } from "./chip-work.ts";
import type { ChipContent } from "./content.ts";
import type { Delay } from "./emrtd-spec.ts";
import { roomInside, SecureChannel, type SessionKeys, SW_SESSION_OVER } from "./secure-channel.ts";
import { isForbidden } from "./tripwires.ts";
import { WrongPasswords } from "./wrong-passwords.ts";

export interface ChipOptions {
  readonly latency: ChipLatency;
  readonly random: Random;
  /** How the chip departs from the ordinary, see `chip-faults.ts`. Default in no way. */
  readonly behaviour?: ChipBehaviour;
  /** So many protected answers are sound before `behaviour.seal` begins. Default none. */
  readonly soundAnswers?: number;
  /** Taken away right after this many answers. */
  readonly tearAfterApdu?: number;
  /** One answer takes so much longer. */
  readonly delay?: Delay;
  readonly flip?: BitFlip;
}

const INS = {
  manageSecurity: 0x22,
  externalAuthenticate: 0x82,
  getChallenge: 0x84,
  generalAuthenticate: 0x86,
  internalAuthenticate: 0x88,
  select: 0xa4,
  readEven: 0xb0,
  readOdd: 0xb1,
  getResponse: 0xc0,
} as const;
const SET = { pace: 0xc1a4, chipAuthentication: 0x41a4, chipKey: 0x41a6 } as const;
const SECURE = 0x0c;
const CHAINED = 0x10;
const SW_OBJECTS_MISSING = 0x6987;
const STATUS_BYTES = 2;
/** Longest head that an answer to the odd READ BINARY puts before its data. */
const ODD_HEAD_BYTES = 4;
/** A record longer than this belongs to an attack or a loop; further entries only repeat it. */
const MAX_RECORDED = 100;

/** The session that is on, and how its first keys came. */
interface Session {
  readonly keys: SessionKeys;
  readonly channel: SecureChannel;
  readonly access: Access;
}

/** What the rest of the card does with one answer; `isLost` when the card falls silent instead. */
interface Turn {
  readonly workUs: number;
  readonly response: () => Uint8Array;
  readonly isLost: boolean;
}

/** A command as the chip understands it, and the file that it selects or reads, be it one that the chip does not have. */
export interface HeardCommand extends CardCommand {
  /** As in `filesRead`. */
  readonly file?: string | undefined;
}

export class EmrtdApplication implements CardApplication {
  /** Headers of commands that this chip does not know, as hexadecimal. */
  readonly unexpected: string[] = [];
  /** Headers of commands that no gate may send, and of those that address fingerprints or irises. */
  readonly tripped: string[] = [];
  /** Called with each command, its protection removed, before anything is answered. */
  onCommand: (command: HeardCommand) => void = () => undefined;
  readonly #content: ChipContent;
  readonly #options: ChipOptions;
  readonly #behaviour: ChipBehaviour;
  readonly #limits: ApduLimits;
  readonly #files: ChipFiles;
  readonly #pace: ChipPace;
  readonly #bac: ChipBac;
  readonly #chipAuthentication: ChipAuthentication;
  readonly #activeAuthentication: ActiveAuthentication;
  readonly #wrongPasswords: WrongPasswords;
  readonly #delivery: CieDelivery;
  #session: Session | undefined;
  #answered = 0;
  #protectedAnswers = 0;

  constructor(content: ChipContent, options: ChipOptions) {
    const { latency, random, behaviour = {} } = options;
    this.#content = content;
    this.#options = options;
    this.#behaviour = behaviour;
    this.#limits = apduLimits(content);
    const wrongPasswords = new WrongPasswords(latency.wrongPasswordUs);
    this.#wrongPasswords = wrongPasswords;
    const setting = { content, behaviour, latency, random, wrongPasswords };
    this.#files = new ChipFiles(content, behaviour);
    this.#pace = new ChipPace(setting);
    this.#bac = new ChipBac(setting);
    this.#chipAuthentication = new ChipAuthentication(setting);
    this.#activeAuthentication = new ActiveAuthentication(setting);
    this.#delivery = new CieDelivery({
      sw61: behaviour.partsByGetResponse === true,
      maxResponse: this.#limits.responseBytes - STATUS_BYTES,
    });
  }

  /** How often a command that no gate may send was tried. */
  get tripwires(): number {
    return this.tripped.length;
  }

  /** Files that gave out data since the card was made, as `master/011C` and `travel/0101`. */
  get filesRead(): ReadonlySet<string> {
    return this.#files.filesRead;
  }

  /** Wrong passwords since the last right one, as far as the chip counts. */
  get wrongPasswords(): number {
    return this.#wrongPasswords.count;
  }

  reset(): void {
    this.#endSession();
    this.#files.reset();
    this.#bac.clear();
    this.#delivery.clear();
  }

  process(apdu: Uint8Array): {
    readonly response: CardResponse;
    readonly workUs: number;
    readonly gone: boolean;
    readonly unheard: boolean;
  } {
    this.#answered += 1;
    const { delay, flip, tearAfterApdu = Number.POSITIVE_INFINITY } = this.#options;
    const { response, workUs, isLost } = this.#turn(apdu);
    return {
      response: flip?.answer === this.#answered ? flipped(response, flip.bit) : response,
      workUs: workUs + (delay?.answer === this.#answered ? delay.us : 0),
      gone: this.#answered >= tearAfterApdu,
      unheard: isLost,
    };
  }

  #turn(apdu: Uint8Array): Turn {
    const command = parseCommand(apdu);
    const tooLong = apdu.length > this.#limits.commandBytes;
    if (command === undefined || tooLong || (isExtended(apdu) && !this.#content.extendedLength))
      return this.#bare(SW.wrongLength);
    if (command.ins === INS.getResponse && command.cla === 0 && this.#delivery.isWaiting)
      return this.#bareTurn(() => this.#delivery.next(command.le ?? 0));
    this.#delivery.clear();
    if ((command.cla & SECURE) === SECURE) return this.#protected(command);
    return this.#session === undefined ? this.#plain(command) : this.#bare(SW_SESSION_OVER);
  }

  /** A status outside any session, which ends the one that is on. */
  #bare(sw: number): Turn {
    this.#endSession();
    return this.#bareTurn(() => statusOnly(sw));
  }

  #bareTurn(response: () => Uint8Array): Turn {
    return { workUs: this.#options.latency.apduUs, response, isLost: false };
  }

  #plain(command: CardCommand): Turn {
    const { workUs, reply, isLost = false } = this.#dispatch(command, Number.POSITIVE_INFINITY);
    const response = () => {
      const said = reply();
      const access = command.ins === INS.externalAuthenticate ? "bac" : "pace";
      if (said.session !== undefined) this.#begin(said.session, access);
      return this.#delivery.begin(inClear(said), command.le);
    };
    return { workUs, response, isLost };
  }

  #protected(command: CardCommand): Turn {
    const session = this.#session;
    if (session === undefined) return this.#bare(SW_OBJECTS_MISSING);
    const plain = session.channel.open(command);
    if (typeof plain === "number") return this.#bare(plain);
    const limitBytes = Math.min(command.le ?? 0, this.#limits.responseBytes - STATUS_BYTES);
    const {
      workUs,
      reply,
      isLost = false,
    } = this.#dispatch(plain, roomInside(session.keys.suite, limitBytes));
    const response = () => this.#delivery.begin(this.#sealed(session, plain.ins, reply()), command.le);
    return { workUs, response, isLost };
  }

  /** The answer goes out under the keys that the command came under; new ones hold behind it. */
  #sealed({ channel, access }: Session, ins: number, said: Reply): Uint8Array {
    if (said.isLast === true) {
      this.#endSession();
      return inClear(said);
    }
    this.#protectedAnswers += 1;
    const isSound = this.#protectedAnswers <= (this.#options.soundAnswers ?? 0);
    const lie = isSound ? undefined : this.#behaviour.seal;
    const answer = channel.seal(said, ins, lie);
    if (said.session !== undefined) this.#begin(said.session, access);
    if (lie === "dropped") this.#endSession();
    return answer;
  }

  #begin(keys: SessionKeys, access: Access): void {
    this.#session = { keys, channel: new SecureChannel(keys), access };
  }

  #endSession(): void {
    this.#session = undefined;
    this.#pace.clear();
    this.#chipAuthentication.clear();
  }

  #dispatch(command: CardCommand, roomBytes: number): Work {
    this.onCommand({ ...command, file: this.#files.nameOf(command) });
    if (isForbidden(command, this.#session !== undefined) || this.#files.isForbidden(command)) {
      record(this.tripped, command);
      return this.#at(status(SW.securityNotSatisfied));
    }
    const isChained = command.cla === CHAINED && command.ins === INS.generalAuthenticate;
    if (command.cla !== 0 && !isChained) return this.#unknown(command, SW.unknownClass);
    switch (command.ins) {
      case INS.select:
        return this.#at(this.#files.select(command, this.#access));
      case INS.readEven:
      case INS.readOdd:
        return this.#read(command, roomBytes);
      case INS.manageSecurity:
        return this.#set(command);
      case INS.generalAuthenticate:
        return this.#agree(command);
      case INS.getChallenge:
        return this.#at(this.#bac.challenge(command));
      case INS.externalAuthenticate:
        return this.#bac.authenticate(command);
      case INS.internalAuthenticate:
        return this.#prove(command);
      default:
        return this.#unknown(command, SW.unknownInstruction);
    }
  }

  #read(command: CardCommand, roomBytes: number): Work {
    const headBytes = command.ins === INS.readOdd ? ODD_HEAD_BYTES : 0;
    const work = this.#at(this.#files.read(command, this.#access, roomBytes - headBytes));
    return { ...work, isLost: this.#session !== undefined && this.#files.breaksLink(command) };
  }

  #set(command: CardCommand): Work {
    const isInside = this.#session !== undefined;
    switch (command.p1 * 256 + command.p2) {
      case SET.pace:
        return this.#at(status(isInside ? SW.conditionsOfUse : this.#pace.set(command)));
      case SET.chipAuthentication:
        return this.#at(status(isInside ? this.#chipAuthentication.set(command) : SW.securityNotSatisfied));
      case SET.chipKey:
        return isInside
          ? this.#chipAuthentication.setKey(command)
          : this.#at(status(SW.securityNotSatisfied));
      default:
        return this.#unknown(command, SW.wrongParameters);
    }
  }

  #agree(command: CardCommand): Work {
    if (this.#pace.isUnderWay) return this.#pace.authenticate(command);
    return this.#chipAuthentication.isUnderWay
      ? this.#chipAuthentication.authenticate(command)
      : this.#at(status(SW.conditionsOfUse));
  }

  /** A reader knows from the signed list of files whether there is a key: asking all the same is a mistake of its own. */
  #prove(command: CardCommand): Work {
    if (this.#content.activeKey === undefined) record(this.unexpected, command);
    return this.#session === undefined
      ? this.#at(status(SW.securityNotSatisfied))
      : this.#activeAuthentication.authenticate(command);
  }

  get #access(): Access {
    return this.#session?.access ?? "none";
  }

  #unknown(command: CardCommand, sw: number): Work {
    record(this.unexpected, command);
    return this.#at(status(sw));
  }

  /** What takes no more than a command does. */
  #at(reply: Reply): Work {
    return { workUs: this.#options.latency.apduUs, reply: () => reply };
  }
}

function record(entries: string[], { cla, ins, p1, p2 }: CardCommand): void {
  if (entries.length < MAX_RECORDED) entries.push(toHex(Uint8Array.of(cla, ins, p1, p2)));
}
