/**
 * The seal of a document beside its chip, at a lane that demands both: shown before the document, while it waits for its
 * digits, or after the reading, when the lane asks for it. What the lane has of it is wiped at the end of the presentation, or
 * ten seconds after it was shown; and what the chip said is held no longer than that to wait for it. Governing text: eMRTD
 * sheet, 10.2; privacy rules, 5.
 */
import type { LinkError } from "../ports/card.ts";
import { ok, type Result } from "../result.ts";
import type { Millis } from "../time/time.ts";
import { type AwaitEntryContext, awaitEntry } from "./await-entry.ts";
import type { DocumentFinding } from "./document-examiner.ts";
import type { EnteredSeal } from "./entered-seal.ts";
import type { SealExaminer } from "./examine-seal.ts";
import type { KeptEntry } from "./kept-entry.ts";
import { isFinal } from "./seal-denials.table.ts";

export interface SealCheckContext extends AwaitEntryContext {
  readonly entry: KeptEntry<EnteredSeal>;
  readonly examiner: SealExaminer;
  readonly onProgress: (progress: "showSeal") => void;
}

/** Of one lane. */
export class SealCheck {
  readonly #context: SealCheckContext;

  constructor(context: SealCheckContext) {
    this.#context = context;
  }

  /** The presentation is over: what was shown is not for the next one. */
  forget(): void {
    this.#context.entry.clear();
  }

  /**
   * What has been found of a document, with the proof of its seal, or the refusal for want of it. A document that bears none,
   * or that was refused already, is left as it is. A seal that was there before the document may have been left by somebody
   * else, unless it has this document's number: its holder is asked for his own then, and accused of nothing if he shows none.
   * Fails only with the reader.
   */
  async complete(finding: DocumentFinding): Promise<Result<DocumentFinding, LinkError>> {
    if (finding.sealedBy === undefined) return ok(finding);
    const { entry, examiner } = this.#context;
    const shown = entry.take();
    const before = shown && examiner.beside(finding, shown.bytes);
    if (before !== undefined && (before.decided === undefined || isFinal(before))) return ok(before);
    const seal = await this.#ask(finding.sealedBy.until);
    if (!seal.ok) return seal;
    if (seal.value !== undefined || before === undefined)
      return ok(examiner.beside(finding, seal.value?.bytes));
    const { alarm: _, ...quiet } = before;
    return ok(quiet);
  }

  /** The seal is printed on the card, so that whoever shows it may have to take the card away. */
  #ask(until: Millis): Promise<Result<EnteredSeal | undefined, LinkError>> {
    const { entry, onProgress } = this.#context;
    onProgress("showSeal");
    return awaitEntry((signal) => entry.waitFor(signal), { card: "mayLeave", until }, this.#context);
  }
}
