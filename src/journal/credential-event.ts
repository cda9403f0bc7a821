/** The journal's row about a change of the allow list or the deny list (fleet interface, §4, `acs.config`). */
import type { NewEvent, PersonalPart } from "../ports/journal.ts";

/** Entries put on the allow list, taken off either list, put on the deny list; a move counts where it ends. */
export interface ListChange {
  readonly added?: number;
  readonly removed?: number;
  readonly denied?: number;
}

/** `who` when the change was about one holder; it is kept apart from the row and erased at its date. */
export function listsChanged(change: ListChange, who?: PersonalPart): NewEvent {
  const { added = 0, removed = 0, denied = 0 } = change;
  const event = { type: "acs.config.credentials", data: { added, removed, denied } } as const;
  if (who === undefined) return event;
  return { ...event, personal: { kind: who.kind, pseudonym: who.pseudonym, keyId: who.keyId } };
}
