/**
 * A travel document in the field, asked as often as its chip needs: a way of chip authentication that fails takes the session
 * with it, and some chips die of a read that is too long. After each the chip is activated anew and asked otherwise, within
 * the same presentation. What a refusal or a broken check says is final. Governing text: eMRTD sheet, 2.3, 4.5, 7.1.
 */
import { type RunnerContext, run } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { type DocumentReading, readDocument } from "../emrtd/document.ts";
import { DocumentAttempts, type DocumentError, type DocumentRequest } from "../emrtd/document-request.ts";
import type { DocumentFamilies } from "../emrtd/read-manner.ts";
import type { Proof, Proofs } from "../identity/proofs.ts";
import { type DetectedCard, isLinkError, type LinkError } from "../ports/card.ts";
import { ok, type Result } from "../result.ts";
import { after, type Millis } from "../time/time.ts";

export interface ExaminedDocument extends DocumentReading {
  readonly proofs: Proofs;
}

export interface DocumentContext extends Omit<RunnerContext, "until"> {
  /** When the reading is given up; twice what the slowest documents take without a photograph if absent. */
  readonly until?: Millis;
  readonly families: DocumentFamilies;
  /** Power off and on for whatever lies there, which may have gone. */
  readonly activateAnew: () => Promise<Result<Pick<DetectedCard, "channel">, LinkError>>;
}

const READING_MS = 20_000;
/** Three ways of chip authentication, or all sizes of a read, and one more. */
const MAX_ATTEMPTS = 7;

/** Reads and checks the document; the error is that of the last attempt. */
export async function examineDocument(
  card: Pick<DetectedCard, "channel" | "historicalBytes">,
  request: DocumentRequest,
  context: DocumentContext,
): Promise<Result<ExaminedDocument, DocumentError | LinkError>> {
  const { families, clock, activateAnew } = context;
  const until = context.until ?? after(clock.monotonicMs(), READING_MS);
  const attempts = new DocumentAttempts(families.mannerFor(card.historicalBytes));
  const course = new Course();
  let channel = card.channel;
  for (;;) {
    const reading = await run(readDocument(request, attempts), channel, { ...context, until });
    if (reading.ok) {
      if (!course.wasLost) families.remember(card.historicalBytes, attempts.manner.now);
      return ok({ ...reading.value, proofs: proofsOf(reading.value) });
    }
    if (!course.goesOn(reading.error, attempts) || clock.monotonicMs() >= until) return reading;
    const anew = await activateAnew();
    if (!anew.ok) return anew;
    channel = anew.value.channel;
  }
}

/** What has gone wrong in this presentation so far. */
class Course {
  #attempts = 0;
  #wasRefused = false;
  #wasLost = false;

  /** A hand that trembles looks like a chip that died of a read: good enough to ask for less now, not to learn from. */
  get wasLost(): boolean {
    return this.#wasLost;
  }

  /** Whether the chip may be asked again, otherwise or, after a refusal of PACE, once more. */
  goesOn(error: DocumentError | LinkError, attempts: DocumentAttempts): boolean {
    this.#attempts += 1;
    this.#wasLost ||= isLinkError(error);
    if (this.#attempts === MAX_ATTEMPTS) return false;
    if (error.kind !== "paceRefused") return mayBeAskedOtherwise(error, attempts);
    const isFirst = !this.#wasRefused;
    this.#wasRefused = true;
    return isFirst;
  }
}

/** Another way of chip authentication, or a smaller read, if the chip may have died of this one; not if it claims success. */
function mayBeAskedOtherwise(error: DocumentError | LinkError, { manner }: DocumentAttempts): boolean {
  if (error.kind === "chipWayFailed") return true;
  const brokeOff = error.kind === "sessionDropped" ? error.sw !== SW_OK : isLinkError(error);
  return brokeOff && manner.mayHaveAskedTooMuch && manner.askLess();
}

function proofsOf({ chip }: DocumentReading): Proofs {
  const always: readonly Proof[] = ["cardAccess", "documentSignature"];
  return new Set(chip === undefined ? always : [...always, "documentChip"]);
}
