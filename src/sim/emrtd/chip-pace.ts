/**
 * The chip's side of PACE: MSE:Set AT and the four rounds, with every mapping. Each command is judged on its own; whatever
 * is out of order, out of shape or outside the group ends the run.
 * Governing text: ICAO Doc 9303-11 §4.4, §9.7, appendix B; BSI TR-03110-3 A.3.
 */
import { concat, equalBytes } from "../../bytes/bytes.ts";
import type { Random } from "../../ports/random.ts";
import type { CardCommand } from "../cards/apdu.ts";
import { ascii } from "../pki/der.ts";
import { tlv } from "../tlv.ts";
import { ChipCipher, padded } from "./chip-cipher.ts";
import type { ChipBehaviour, FalseKey } from "./chip-faults.ts";
import { type ChipGroup, chipGroup } from "./chip-group.ts";
import { agreeUs, type ChipLatency, mapUs } from "./chip-latency.ts";
import { paceProtocol, passwordOf, publicKeyObject } from "./chip-pace-objects.ts";
import { pseudoRandom } from "./chip-pseudo-random.ts";
import { done, type Reply, SW, status, type Work } from "./chip-work.ts";
import type { ChipContent, PaceOffer } from "./content.ts";
import { dynamicData, objectsByTag } from "./data-objects.ts";
import { bytesOf, numberOf, power } from "./numbers.ts";
import type { WrongPasswords } from "./wrong-passwords.ts";

export interface PaceSetting {
  readonly content: ChipContent;
  readonly behaviour: ChipBehaviour;
  readonly latency: ChipLatency;
  /** Drawn from in this order: nonce, secret of a generic mapping, secret of the agreement; secrets as long as the order. */
  readonly random: Random;
  readonly wrongPasswords: WrongPasswords;
}

const TAG = { protocol: 0x80, password: 0x83, parameters: 0x84, dynamic: 0x7c } as const;
const ENCRYPTED_CHIP_DATA = 0x8a;
const CHAINED = 0x10;
const MAX_SHORT_LE = 256;
const MAX_SHORT_LC = 255;
/** Tries that a card tells of which counts them. */
const TRIES = 3;
const TRIES_LEFT = 0x63c0;
const AUTHORITY_NAMES = concat(tlv(0x87, ascii("UTCVCA00001")), tlv(0x88, ascii("UTCVCA00002")));

/** What is known when the protocol was chosen. */
interface Chosen {
  readonly offer: PaceOffer;
  readonly group: ChipGroup;
  readonly cipher: ChipCipher;
  readonly password: Uint8Array;
}

interface Drawn extends Chosen {
  readonly nonce: Uint8Array;
}

interface Mapped extends Drawn {
  readonly generator: Uint8Array;
  /** Of a generic mapping. */
  readonly mapSecret?: bigint;
}

interface Agreed extends Mapped {
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  readonly shared: Uint8Array;
}

type State =
  | { readonly awaits: "nothing" }
  | ({ readonly awaits: "nonce" } & Chosen)
  | ({ readonly awaits: "map" } & Drawn)
  | ({ readonly awaits: "agree" } & Mapped)
  | ({ readonly awaits: "token" } & Agreed);

const NOTHING: State = { awaits: "nothing" };

export class ChipPace {
  readonly #setting: PaceSetting;
  #state: State = NOTHING;

  constructor(setting: PaceSetting) {
    this.#setting = setting;
  }

  /** Whether a GENERAL AUTHENTICATE would go on with it. */
  get isUnderWay(): boolean {
    return this.#state !== NOTHING;
  }

  clear(): void {
    this.#state = NOTHING;
  }

  /** MSE:Set AT, P1-P2 C1A4, data `80 protocol 83 password [84 parameters]`: the status. */
  set({ data, le }: CardCommand): number {
    this.clear();
    const { behaviour, content, wrongPasswords } = this.#setting;
    if (le !== undefined && behaviour.leRefused === true) return SW.wrongLength;
    const objects = objectsByTag(data, [TAG.protocol, TAG.password, TAG.parameters]);
    const [protocol, password] = [objects?.get(TAG.protocol), objects?.get(TAG.password)];
    if (objects === undefined || protocol === undefined || password === undefined) return SW.wrongData;
    const secret = passwordOf(content, numberOf(password));
    if (secret === undefined) return SW.referenceNotFound;
    const offer = this.#offer(protocol, objects.get(TAG.parameters));
    if (typeof offer === "number") return offer;
    const { parameterId, suite } = offer;
    const cipher = new ChipCipher(suite);
    this.#state = { awaits: "nonce", offer, group: chipGroup(parameterId), cipher, password: secret };
    const isTold = behaviour.triesTold === true && wrongPasswords.count > 0;
    return isTold ? TRIES_LEFT | Math.max(0, TRIES - wrongPasswords.count) : SW.ok;
  }

  /** The offer that is meant, or the status of the refusal. Without a number the protocol must have one set of parameters. */
  #offer(protocol: Uint8Array, parameters: Uint8Array | undefined): PaceOffer | number {
    const { pace } = this.#setting.content;
    const offers = pace.filter((offer) => equalBytes(paceProtocol(offer), protocol));
    const [first, ...others] = offers;
    if (first === undefined) return SW.wrongData;
    if (parameters !== undefined) {
      const id = numberOf(parameters);
      return offers.find(({ parameterId }) => BigInt(parameterId) === id) ?? SW.wrongData;
    }
    switch (this.#setting.behaviour.parameters) {
      case "wanted":
        return SW.parametersMissing;
      case "guessed":
        return { ...first, parameterId: pace[0]?.parameterId ?? first.parameterId };
      default:
        return others.length === 0 ? first : SW.wrongData;
    }
  }

  /** One round; the run ends unless its answer is good. */
  authenticate(command: CardCommand): Work {
    const state = this.#state;
    this.clear();
    const refusal = this.#shapeRefused(command, state.awaits === "token" ? 0x00 : CHAINED);
    if (refusal !== undefined) return { workUs: this.#setting.latency.apduUs, reply: () => status(refusal) };
    switch (state.awaits) {
      case "nonce":
        return this.#nonce(state, dynamicData(command.data, []));
      case "map":
        return this.#map(state, dynamicData(command.data, [0x81])?.get(0x81));
      case "agree":
        return this.#agree(state, dynamicData(command.data, [0x83])?.get(0x83));
      case "token":
        return this.#token(state, dynamicData(command.data, [0x85])?.get(0x85));
      case "nothing":
        return { workUs: this.#setting.latency.apduUs, reply: () => status(SW.conditionsOfUse) };
    }
  }

  #shapeRefused({ cla, p1, p2, data, le }: CardCommand, expectedClass: number): number | undefined {
    const { behaviour } = this.#setting;
    if (behaviour.chainingRefused === true && cla === CHAINED) return SW.unknownClass;
    if (cla !== (behaviour.chainingRefused === true ? 0x00 : expectedClass)) return SW.conditionsOfUse;
    if (p1 !== 0 || p2 !== 0) return SW.wrongParameters;
    if (le === undefined) return SW.wrongLength;
    const isNeedless = le > MAX_SHORT_LE && data.length <= MAX_SHORT_LC;
    return isNeedless && behaviour.extendedLeRefused === true ? SW.securityNotSatisfied : undefined;
  }

  /** s is drawn, z = E(K_pi, s) is sent. A length that has no whole blocks is sent as it is: no chip of the book's does that. */
  #nonce(state: Chosen, sent: ReadonlyMap<number, Uint8Array> | undefined): Work {
    const { latency, wrongPasswords, random, behaviour } = this.#setting;
    const { cipher, password } = state;
    return this.#work(latency.nonceUs + wrongPasswords.delayUs, sent, () => {
      const nonce = random.bytes(behaviour.nonceBytes ?? ordinaryNonceBytes(cipher));
      this.#state = { ...state, awaits: "map", nonce };
      const isWhole = nonce.length % cipher.blockBytes === 0;
      return dynamic(0x80, isWhole ? cipher.encrypt(cipher.deriveKey(password, 3), nonce) : nonce);
    });
  }

  #map(state: Drawn, theirs: Uint8Array | undefined): Work {
    const isIntegrated = state.offer.mapping.endsWith("-IM");
    const workUs = mapUs(this.#setting.latency, state.group, isIntegrated);
    const isAnotherGroup = theirs?.length !== state.group.generator.length && !isIntegrated;
    // A chip that has guessed the wrong group meets a key that does not fit, and is not heard of again.
    const isLost = isAnotherGroup && this.#setting.behaviour.parameters === "guessed";
    const work = this.#work(workUs, theirs, (value) =>
      isIntegrated ? this.#mapIntegrated(state, value) : this.#mapGeneric(state, value),
    );
    return { ...work, isLost };
  }

  /** G' = s·G + H, H agreed on with a fresh key. */
  #mapGeneric(state: Drawn, theirs: Uint8Array): Reply {
    const { group, nonce } = state;
    if (!group.isElement(theirs)) return status(SW.wrongData);
    const mapSecret = this.#secret(group);
    const agreed = group.multiply(mapSecret, theirs);
    const generator = group.add(group.multiply(numberOf(nonce), group.generator), agreed);
    this.#state = { ...state, awaits: "agree", generator, mapSecret };
    const ours = group.multiply(mapSecret, group.generator);
    return dynamic(0x82, falseKey(this.#setting.behaviour.mapKey, group, theirs) ?? ours);
  }

  /** G' is what both random numbers lead to. */
  #mapIntegrated(state: Drawn, challenge: Uint8Array): Reply {
    const { cipher, group, nonce } = state;
    if (challenge.length !== cipher.keyBytes || nonce.length < cipher.keyBytes) return status(SW.wrongData);
    const generator = group.integrated(
      pseudoRandom(cipher, { nonce, challenge, fieldBits: group.fieldBits }),
    );
    this.#state = { ...state, awaits: "agree", generator };
    return this.#setting.behaviour.bareMapAnswer === true ? status(SW.ok) : dynamic(0x82, new Uint8Array());
  }

  #agree(state: Mapped, theirs: Uint8Array | undefined): Work {
    const { behaviour, latency } = this.#setting;
    const { group, generator } = state;
    return this.#work(agreeUs(latency, group), theirs, (key) => {
      if (!group.isElement(key)) return status(SW.wrongData);
      const secret = this.#secret(group);
      const honest = group.multiply(secret, generator);
      if (equalBytes(honest, key)) return status(SW.wrongData);
      const ours = falseKey(behaviour.agreeKey, group, key) ?? honest;
      const shared = group.sharedSecret(group.multiply(secret, key));
      this.#state = { ...state, awaits: "token", ours, theirs: key, shared };
      return dynamic(0x84, ours);
    });
  }

  /** Their token is over our key, ours is over theirs. */
  #token(state: Agreed, received: Uint8Array | undefined): Work {
    const { behaviour, latency, wrongPasswords } = this.#setting;
    return this.#work(latency.tokenUs, received, (theirToken) => {
      if (behaviour.agreeKey === "reflected") return dynamic(0x86, theirToken);
      const session = sessionOf(state);
      const tokenOver = (key: Uint8Array) =>
        state.cipher.code(session.mac, publicKeyObject(paceProtocol(state.offer), state.group, key));
      if (!equalBytes(theirToken, tokenOver(state.ours))) return this.#wrongPassword();
      wrongPasswords.right();
      const token = tokenOver(state.theirs);
      if (behaviour.wrongToken === true) token[0] = (token[0] ?? 0) ^ 0x80;
      const objects = concat(
        tlv(0x86, token),
        behaviour.authorityNames === true ? AUTHORITY_NAMES : new Uint8Array(),
        this.#chipData(state, session.enc),
      );
      return { ...done(tlv(TAG.dynamic, objects)), session };
    });
  }

  #wrongPassword(): Reply {
    const { behaviour, wrongPasswords } = this.#setting;
    wrongPasswords.wrong();
    const left = Math.max(0, TRIES - wrongPasswords.count);
    return status(behaviour.triesTold === true ? TRIES_LEFT | left : SW.wrongPassword);
  }

  /** Chip authentication mapping: the mapping's secret divided by the static one, which is no secret without the other. */
  #chipData({ offer, group, cipher, mapSecret }: Agreed, keyEnc: Uint8Array): Uint8Array {
    if (offer.mapping !== "ECDH-CAM" || mapSecret === undefined) return new Uint8Array();
    const fixed = this.#setting.content.chipKeys.find(
      ({ servesMapping, parameterId }) => servesMapping === true && parameterId === offer.parameterId,
    );
    if (fixed === undefined) throw new Error("a document offers a mapping for which it has no key");
    const inverse = power(numberOf(fixed.secret), group.order - 2n, group.order);
    const data = bytesOf((mapSecret * inverse) % group.order, group.orderBytes);
    const iv = cipher.encrypt(keyEnc, new Uint8Array(cipher.blockBytes).fill(0xff));
    return tlv(ENCRYPTED_CHIP_DATA, cipher.encrypt(keyEnc, padded(data, cipher.blockBytes), iv));
  }

  #secret(group: ChipGroup): bigint {
    return numberOf(this.#setting.random.bytes(group.orderBytes)) % group.order;
  }

  /** The round's work, or a refusal where the object that it is about was not sent. */
  #work<T>(workUs: number, sent: T | undefined, reply: (sent: T) => Reply): Work {
    return { workUs, reply: () => (sent === undefined ? status(SW.wrongData) : reply(sent)) };
  }
}

/** Twice as long with the longer keys, since the integrated mapping makes a key of it. */
const ordinaryNonceBytes = ({ keyBytes }: ChipCipher): number => (keyBytes > 16 ? 32 : 16);

const dynamic = (tag: number, value: Uint8Array): Reply => done(tlv(TAG.dynamic, tlv(tag, value)));

function falseKey(kind: FalseKey | undefined, group: ChipGroup, theirs: Uint8Array): Uint8Array | undefined {
  if (kind === undefined) return undefined;
  return kind === "reflected" ? theirs : group.bad(kind);
}

const sessionOf = ({ cipher, shared }: Agreed) => ({
  suite: cipher.suite,
  enc: cipher.deriveKey(shared, 1),
  mac: cipher.deriveKey(shared, 2),
  counter: 0n,
});
