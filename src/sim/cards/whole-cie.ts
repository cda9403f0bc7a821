/**
 * Both sides of a CIE on one chip: the service side (IAS and CIE application) and the travel document, which owns the master
 * file and so PACE. Whatever is selected in clear leaves the other side with nothing of what it had: a session ends, a
 * key that was set is set no more. Everything else goes to the side on which the card is.
 * Governing text: CIE card sheet, 1.3 and 4; ISO/IEC 7816-4 §11.1; ICAO Doc 9303-11 §9.8.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { TRAVEL_APPLICATION } from "../emrtd/chip-files.ts";
import type { EmrtdApplication } from "../emrtd/emrtd-application.ts";
import { type CardCommand, parseCommand } from "./apdu.ts";
import { type BitFlip, flipped } from "./bit-flip.ts";
import { CIE_AID, type CieApplication, IAS_AID } from "./cie.ts";
import type { CardApplication, CardResponse } from "./iso-dep.ts";

const SELECT = 0xa4;
const SELECT_BY = { masterFile: 0x00, name: 0x04 } as const;

export interface WholeCieParts {
  readonly service: CieApplication;
  readonly document: EmrtdApplication;
  /** Taken away right after so many answers, of whichever side. */
  readonly tearAfterApdu?: number | undefined;
  /** Counted over both sides. */
  readonly flip?: BitFlip | undefined;
}

export class WholeCie implements CardApplication {
  readonly #parts: WholeCieParts;
  #answered = 0;

  constructor(parts: WholeCieParts) {
    this.#parts = parts;
  }

  reset(): void {
    this.#parts.service.reset();
    this.#parts.document.reset();
  }

  process(apdu: Uint8Array): {
    readonly response: CardResponse;
    readonly workUs: number;
    readonly gone: boolean;
    readonly unheard: boolean;
  } {
    const { flip, tearAfterApdu = Number.POSITIVE_INFINITY } = this.#parts;
    const { response, workUs, unheard = false } = this.#sideFor(parseCommand(apdu)).process(apdu);
    this.#answered += 1;
    return {
      response: flip?.answer === this.#answered ? flipped(response, flip.bit) : response,
      workUs,
      gone: this.#answered >= tearAfterApdu,
      unheard,
    };
  }

  #sideFor(command: CardCommand | undefined): CardApplication {
    const { service, document } = this.#parts;
    switch (sideSelected(command)) {
      case "service":
        document.reset();
        return service;
      case "document":
        this.reset();
        return document;
      case undefined:
        return service.isSelected ? service : document;
    }
  }
}

/** The side that a SELECT in clear leads to; nothing for other commands, and for applications that the card lacks. */
function sideSelected(command: CardCommand | undefined): "service" | "document" | undefined {
  if (command?.cla !== 0x00 || command.ins !== SELECT) return undefined;
  if (command.p1 === SELECT_BY.masterFile) return "document";
  if (command.p1 !== SELECT_BY.name) return undefined;
  if (equalBytes(command.data, TRAVEL_APPLICATION)) return "document";
  return [IAS_AID, CIE_AID].some((aid) => equalBytes(command.data, aid)) ? "service" : undefined;
}
