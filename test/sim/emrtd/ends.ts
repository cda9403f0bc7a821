/** The reader's own protocols at the other end of a virtual chip: how tests get into a session and talk there. */
import { type CommandApdu, encodeCommand } from "../../../src/apdu/command.ts";
import { parseResponse, type ResponseApdu } from "../../../src/apdu/response.ts";
import { hex } from "../../../src/bytes/hex.ts";
import { basicAccess } from "../../../src/emrtd/bac.ts";
import { mrzPasswordKey } from "../../../src/emrtd/mrz-key.ts";
import { establishPace } from "../../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../../src/emrtd/pace-keys.ts";
import type { PaceProfile } from "../../../src/emrtd/pace-profile.ts";
import { SecureSession, type SessionKeys } from "../../../src/emrtd/secure-messaging.ts";
import type { EmrtdApplication } from "../../../src/sim/emrtd/emrtd-application.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";
import { ascii, profileOf } from "../../emrtd/pace-settings.ts";
import { type Chip, play } from "../../emrtd/play.ts";
import { good } from "../../good.ts";
import { answerOf, CARD_ACCESS, SMALL } from "./small-document.ts";

const random = new SeededRandom(9303);
const keys = new EphemeralKeys(random);
export const toChip =
  (chip: EmrtdApplication): Chip =>
  (command) =>
    answerOf(chip, command);

/** PACE by the CAN of the small document. */
export const paceWith = (chip: EmrtdApplication, profile: PaceProfile = profileOf(CARD_ACCESS)) =>
  play(
    establishPace({ profile, password: { reference: "CAN", key: ascii(SMALL.can ?? "") }, keys }),
    toChip(chip),
  );

export const bacWith = (chip: EmrtdApplication) =>
  play(basicAccess(mrzPasswordKey(ascii(SMALL.mrzInformation)), random), toChip(chip));

/** The reader's end of a session that is on. */
export class Talk {
  readonly chip: EmrtdApplication;
  #session: SecureSession;

  constructor(chip: EmrtdApplication, session: SessionKeys) {
    this.chip = chip;
    this.#session = new SecureSession(session);
  }

  static byPace(chip: EmrtdApplication): Talk {
    return new Talk(chip, good(paceWith(chip)));
  }

  /** One protected command, and the answer with the protection taken off. */
  ask(command: CommandApdu): ResponseApdu {
    return good(this.#session.unprotect(this.raw(command)));
  }

  /** The protected answer as it came. */
  raw(command: CommandApdu): ResponseApdu {
    const response = parseResponse(answerOf(this.chip, encodeCommand(good(this.#session.protect(command)))));
    if (response === undefined) throw new Error("an answer without a status");
    return response;
  }

  /** Whether the card falls silent instead of an answer. */
  lost(command: CommandApdu): boolean {
    const { gone, unheard } = this.chip.process(encodeCommand(good(this.#session.protect(command))));
    return !gone && unheard;
  }

  renew(session: SessionKeys): void {
    this.#session = new SecureSession(session);
  }
}

export const SELECT_APPLICATION: CommandApdu = {
  cla: 0,
  ins: 0xa4,
  p1: 4,
  p2: 0x0c,
  data: hex("A0000002471001"),
};
export const select = (id: string): CommandApdu => ({ cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: hex(id) });
export const read = (p1: number, p2: number, le: number): CommandApdu => ({ cla: 0, ins: 0xb0, p1, p2, le });
