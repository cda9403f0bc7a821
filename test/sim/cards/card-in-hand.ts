/** A virtual card without radio in between, for whoever speaks APDUs: as hexadecimal, or as the channel of a protocol. */
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { CardChannel, LinkError } from "../../../src/ports/card.ts";
import { err, ok } from "../../../src/result.ts";
import { bytesOfResponse, type CardApplication } from "../../../src/sim/cards/iso-dep.ts";
import { type CardSpec, type MadeCard, makeCard } from "../../../src/sim/cards/make-card.ts";

const GONE: LinkError = { kind: "cardLost", status: 0x2b };

export class CardInHand {
  readonly made: MadeCard;
  readonly historicalBytes: Uint8Array;
  /** Working time so far. */
  workedUs = 0;
  readonly #application: CardApplication;
  #isGone = false;

  constructor(spec: CardSpec) {
    this.made = makeCard(spec);
    const { card } = this.made;
    const isoDep = card.type === "A" ? card.profile.isoDep : undefined;
    if (isoDep === undefined) throw new Error("a card of type A with ISO-DEP is wanted");
    this.#application = isoDep.application;
    this.historicalBytes = isoDep.historicalBytes;
    this.activate();
  }

  /** Power off and on; with the channel of the card as it is then. */
  activate(): CardChannel {
    this.#isGone = false;
    this.#application.reset();
    return { transceive: async (command) => this.#answer(command) };
  }

  say(apdu: string): string {
    const answer = this.#answer(hex(apdu));
    return answer.ok ? toHex(answer.value) : answer.error.kind;
  }

  #answer(command: Uint8Array) {
    if (this.#isGone) return err(GONE);
    const { response, workUs, gone = false } = this.#application.process(command);
    this.workedUs += workUs;
    this.#isGone = gone;
    return ok(bytesOfResponse(response));
  }
}
