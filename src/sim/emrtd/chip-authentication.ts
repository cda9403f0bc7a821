/**
 * Chip authentication, version 1: the chip agrees on new keys with its static key, and only who has that can go on. Two
 * forms: MSE:Set KAT with the reader's key in it (3DES), or MSE:Set AT and GENERAL AUTHENTICATE (any suite).
 * Governing text: ICAO Doc 9303-11 §6.2, §9.2.6; BSI TR-03110-3 B.2.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import type { CardCommand } from "../cards/apdu.ts";
import { ChipCipher } from "./chip-cipher.ts";
import type { ChipBehaviour } from "./chip-faults.ts";
import { chipGroup } from "./chip-group.ts";
import { type ChipLatency, chipAuthenticationUs } from "./chip-latency.ts";
import { done, type Reply, SW, status, type Work } from "./chip-work.ts";
import type { ChipContent, ChipKey, ChipSuite } from "./content.ts";
import { dynamicData, objectsByTag } from "./data-objects.ts";
import { numberOf } from "./numbers.ts";

export interface ChipAuthenticationSetting {
  readonly content: ChipContent;
  readonly behaviour: ChipBehaviour;
  readonly latency: ChipLatency;
}

/** 0.4.0.127.0.7.2.2.3, and behind it the arcs of agreement and suite. */
const CHIP_AUTHENTICATION_ARC = hex("04007F0007020203");
const AGREEMENT_ARCS = { DH: 1, ECDH: 2 } as const;
const SUITES: readonly ChipSuite[] = ["3DES", "AES-128", "AES-192", "AES-256"];
const TAG = { protocol: 0x80, keyId: 0x84, publicKey: 0x91, dynamicKey: 0x80 } as const;
/** 7C 00. */
const EMPTY_TEMPLATE = hex("7C00");

interface Chosen {
  readonly key: ChipKey;
  readonly suite: ChipSuite;
}

export class ChipAuthentication {
  readonly #setting: ChipAuthenticationSetting;
  #chosen: Chosen | undefined;

  constructor(setting: ChipAuthenticationSetting) {
    this.#setting = setting;
  }

  /** Whether a GENERAL AUTHENTICATE would go on with it. */
  get isUnderWay(): boolean {
    return this.#chosen !== undefined;
  }

  clear(): void {
    this.#chosen = undefined;
  }

  /** MSE:Set AT, P1-P2 41A4, data `80 protocol [84 key]`: the status. */
  set({ data }: CardCommand): number {
    this.clear();
    const objects = objectsByTag(data, [TAG.protocol, TAG.keyId]);
    const protocol = objects?.get(TAG.protocol);
    const suite = SUITES.find((_, index) => protocol?.at(-1) === index + 1);
    if (objects === undefined || protocol === undefined || suite === undefined) return SW.wrongData;
    const keys = this.#keysFor(suite, objects.get(TAG.keyId)).filter(({ parameterId }) =>
      equalBytes(protocol, chipAuthenticationProtocol(parameterId, suite)),
    );
    const [key, ...others] = keys;
    if (key === undefined || others.length > 0) return SW.referenceNotFound;
    this.#chosen = { key, suite };
    return SW.ok;
  }

  /** GENERAL AUTHENTICATE, data `7C { 80 public key }`: an empty template, and new keys behind it. */
  authenticate({ cla, p1, p2, data, le }: CardCommand): Work {
    const chosen = this.#chosen;
    this.clear();
    const theirs = dynamicData(data, [TAG.dynamicKey])?.get(TAG.dynamicKey);
    const isSound = cla === 0 && p1 === 0 && p2 === 0 && le !== undefined && theirs !== undefined;
    if (chosen === undefined || !isSound) return this.#refusal(SW.wrongData);
    return this.#agree(chosen, theirs, done(EMPTY_TEMPLATE));
  }

  /** MSE:Set KAT, P1-P2 41A6, data `91 public key [84 key]`: 90 00, and new keys behind it. */
  setKey({ data }: CardCommand): Work {
    this.clear();
    const objects = objectsByTag(data, [TAG.publicKey, TAG.keyId]);
    const theirs = objects?.get(TAG.publicKey);
    if (theirs === undefined) return this.#refusal(SW.wrongData);
    const [key, ...others] = this.#keysFor("3DES", objects?.get(TAG.keyId));
    if (key === undefined || others.length > 0) return this.#refusal(SW.referenceNotFound);
    return this.#agree({ key, suite: "3DES" }, theirs, status(SW.ok));
  }

  #refusal(sw: number): Work {
    return { workUs: this.#setting.latency.apduUs, reply: () => status(sw) };
  }

  #keysFor(suite: ChipSuite, keyId: Uint8Array | undefined): readonly ChipKey[] {
    const able = this.#setting.content.chipKeys.filter(({ suites }) => suites.includes(suite));
    if (keyId === undefined) return able;
    const wanted = numberOf(keyId);
    return able.filter((key) => key.keyId !== undefined && BigInt(key.keyId) === wanted);
  }

  #agree({ key, suite }: Chosen, theirs: Uint8Array, success: Reply): Work {
    const { behaviour, latency } = this.#setting;
    const group = chipGroup(key.parameterId);
    const { chipAuthenticationStatus: refused } = behaviour;
    return {
      workUs: chipAuthenticationUs(latency, group),
      reply: () => {
        if (behaviour.chipAuthenticationDies === true) return { ...status(SW.failed), isLast: true };
        if (refused !== undefined) return status(refused);
        if (!group.isElement(theirs)) return status(SW.wrongData);
        if (behaviour.chipAuthenticationIdle === true) return success;
        const secret = group.sharedSecret(group.multiply(numberOf(key.secret), theirs));
        const cipher = new ChipCipher(suite);
        const [enc, mac] = [cipher.deriveKey(secret, 1), cipher.deriveKey(secret, 2)];
        return { ...success, session: { suite, enc, mac, counter: 0n } };
      },
    };
  }
}

/** Content of the object identifier for chip authentication with a key of this group: ten bytes. */
export const chipAuthenticationProtocol = (parameterId: number, suite: ChipSuite): Uint8Array =>
  Uint8Array.of(
    ...CHIP_AUTHENTICATION_ARC,
    AGREEMENT_ARCS[chipGroup(parameterId).kind],
    SUITES.indexOf(suite) + 1,
  );
