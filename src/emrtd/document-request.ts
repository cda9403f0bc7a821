/**
 * What is asked of a reading of a travel document, what it may do again, and in how many ways it can end badly.
 * Governing text: ICAO Doc 9303-11 §4.2 (order of a reading), §5.1 and §6 (what can fail).
 */
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { CivilDate } from "../time/civil-date.ts";
import type { Instant } from "../time/time.ts";
import type { ActiveAuthenticationError } from "./active-authentication.ts";
import type { CardSecurityFailure, PaceWithheld } from "./card-security.ts";
import type { ChipAuthenticationError } from "./chip-authentication.ts";
import type { AccessError, AccessProtocol, AccessRequest } from "./document-access.ts";
import type { FileRead } from "./document-session.ts";
import type { DataGroupName } from "./lds/data-groups.ts";
import type { Mrz } from "./lds/mrz.ts";
import type { ChipMappingFailure } from "./pace-cam.ts";
import type { FilesFailure } from "./passive-authentication.ts";
import type { SodFailure } from "./passive-authentication-sod.ts";
import { ReadManner } from "./read-manner.ts";
import type { SecureMessagingError } from "./secure-messaging.ts";

export interface DocumentRequest extends AccessRequest {
  readonly anchors: TrustAnchors;
  /** Now, for certificates. */
  readonly at: Instant;
  /** The day at the gate's place, for the document. */
  readonly today: CivilDate;
  /** MRZ_information that was typed or scanned, which must be the document's; the caller wipes it. */
  readonly presented?: Uint8Array;
  /**
   * Asked as soon as DG1 is there, which nobody has vouched for yet: why to read no further. An honest document is refused
   * a second earlier, and what a forged one says can only keep it out.
   */
  readonly objection?: (mrz: Mrz) => Objection | undefined;
  /** Data groups that are wanted besides those that prove something. One that the document lacks is passed over. */
  readonly wanted: readonly DataGroupName[];
  /** Of which holders they are wanted, asked once DG1 is proven; of all when absent. */
  readonly isWantedOf?: (mrz: Mrz) => boolean;
  /** Hears of each step as it is done, for people who watch. */
  readonly onStep?: (step: DocumentStep) => void;
}

export type DocumentStep =
  | { readonly kind: "access"; readonly access: AccessProtocol }
  | ({ readonly kind: "file" } & FileRead)
  /** Keys are agreed with the chip; the next answer under them proves it. */
  | { readonly kind: "agreement" }
  /** The list of hashes is signed by a trusted State. */
  | { readonly kind: "signature" }
  /** The chip is no copy, if its key is among what was signed. */
  | { readonly kind: ChipProtocol }
  /** All that was read is among what was signed, and holds today. */
  | { readonly kind: "data" };

/** Whom a gate does not let in, whatever his document proves. */
export type Objection = "country" | "denyListed";

/** How a chip showed that it is the one that the State signed for. */
export type ChipProtocol = "chipAuthenticationMapping" | "chipAuthentication" | "activeAuthentication";

/** What is kept between several attempts at the document that lies there. */
export class DocumentAttempts {
  readonly manner: ReadManner;
  #failedWays = 0;
  #onlyShortLe = false;

  constructor(manner = new ReadManner()) {
    this.manner = manner;
  }

  /** Ways of chip authentication that failed and took the session with them, from the best on. */
  get failedWays(): number {
    return this.#failedWays;
  }

  /** Whether an Le of more than 256 took the session with it. */
  get onlyShortLe(): boolean {
    return this.#onlyShortLe;
  }

  /** The best way that was left has failed: the next attempt takes the one after it. */
  wayFailed(): void {
    this.#failedWays += 1;
  }

  /** The next attempt asks for 256 bytes at most. */
  keepLeShort(): void {
    this.#onlyShortLe = true;
  }
}

export type DocumentError =
  | AccessError
  | SodFailure
  | FilesFailure
  | CardSecurityFailure
  | PaceWithheld
  | ChipMappingFailure
  | ActiveAuthenticationError
  /** A data group that serves to prove the chip is not what its tag promises. */
  | { readonly kind: "malformed"; readonly part: "dataGroup14" | "dataGroup15" }
  /** The chip does not hold the key that its files name: a copy. */
  | { readonly kind: "chipRefuted" }
  /** Every way of chip authentication that its files name broke off, and there is no active authentication. */
  | { readonly kind: "chipUnproven" }
  /** The State's list names a data group that proves the chip, and the chip says it has none: a copy would. */
  | { readonly kind: "dataGroupWithheld"; readonly dataGroup: 14 | 15 }
  /** An authentic document, maybe, but none for this gate. */
  | { readonly kind: "unwanted"; readonly why: Objection }
  /** One way for the chip to prove itself failed, and the session with it. Activated anew, it is asked in the next way. */
  | {
      readonly kind: "chipWayFailed";
      readonly cause: ChipAuthenticationError | ActiveAuthenticationError | SecureMessagingError;
    };
