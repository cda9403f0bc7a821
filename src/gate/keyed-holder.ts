/** What a document or a seal says of its holder, turned into what the lists know: pseudonyms, and whether one of them is denied. */
import { pseudonym, type ScopeKey } from "../crypto/pseudonym.ts";
import type { Identifier } from "../identity/match-keys.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { PersonalPart } from "../ports/journal.ts";

/** A pseudonym of one of the kinds that documents give. */
export type KeyedIdentifier = PersonalPart & Pick<Identifier, "kind">;

/** All by which the holder may be on a list, in the same order; the bytes that are keyed are wiped. */
export const keyed = (identifiers: readonly Identifier[], scopeKey: ScopeKey): readonly KeyedIdentifier[] =>
  identifiers.map(({ kind, bytes }) => {
    const part = { pseudonym: pseudonym(scopeKey, kind, bytes), keyId: scopeKey.keyId, kind };
    bytes.fill(0);
    return part;
  });

/** The one by which the holder is on the deny list, which counts by whatever identifier, also one that the door does not match by. */
export const deniedAmong = (
  holders: readonly KeyedIdentifier[],
  credentials: CredentialLookup,
): KeyedIdentifier | undefined =>
  holders.find(({ pseudonym: who }) => {
    const standing = credentials.standing(who);
    return standing.ok && standing.value.denyListed;
  });
