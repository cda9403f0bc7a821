/**
 * Who may pass, as the policy sees it. Holders are keyed pseudonyms, never clear identifiers.
 * Implemented by `src/journal/credential-store.ts`.
 */
import type { Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { JournalError } from "./journal.ts";

/** One entry of the allow list. */
export interface Credential {
  /** 32 bytes, the keyed pseudonym. */
  readonly pseudonym: Uint8Array;
  /** Carries the policy; `[a-z0-9][a-z0-9-]{0,62}`. */
  readonly group: string;
  /** First instant of validity, inclusive; absent = open. */
  readonly validFrom?: Instant;
  /** End of validity, exclusive; absent = open. */
  readonly validUntil?: Instant;
  /** The operator's own reference (a membership number), never a name; at most 64 characters. */
  readonly reference?: string;
  /** A credential that exists but is switched off. */
  readonly enabled: boolean;
}

/** What is known of one holder at one moment; the operator's reference decides nothing and is left out. */
export interface Standing {
  readonly denyListed: boolean;
  readonly credential?: Omit<Credential, "reference">;
}

/** The question that the gate asks on the hot path. */
export interface CredentialLookup {
  standing(pseudonym: Uint8Array): Result<Standing, JournalError>;
}
