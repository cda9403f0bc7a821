/**
 * Power off and on for whatever lies on the reader: a card that has lost its way, or its session, begins again as if it had
 * just come. Used by readings of documents, which may have to ask a chip twice within one presentation.
 */
import type { CardReader, DetectedCard, LinkError } from "../ports/card.ts";
import { err, ok, type Result } from "../result.ts";

/** As a PN532 says of a card that is not there any more. */
export const GONE: LinkError = { kind: "cardLost", status: 0x2b };

/** The card that lies there now, activated anew. Fails with `cardLost` when there is none. */
export async function activateAnew(
  reader: Pick<CardReader, "drop" | "poll">,
  signal: AbortSignal,
): Promise<Result<DetectedCard, LinkError>> {
  const dropped = await reader.drop();
  if (!dropped.ok) return err({ kind: "readerFailed", error: dropped.error });
  const found = await reader.poll(signal);
  if (!found.ok) return err({ kind: "readerFailed", error: found.error });
  return found.value === undefined || found.value === "notLooked" ? err(GONE) : ok(found.value);
}
