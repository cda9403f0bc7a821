/** From when until when a credential holds, as people write it. Days are UTC days, and the last one counts. */
import { DAY_MS } from "../time/civil-date.ts";
import { parseDay, parseInstant } from "../time/parse-iso-8601.ts";
import { type Instant, instant } from "../time/time.ts";

/** First instant of validity, inclusive: the start of a day, or an instant. */
export const validityStart = (text: string): Instant | undefined => parseDay(text) ?? parseInstant(text);

/** End of validity, exclusive: the end of a day, which is thus wholly included, or an instant. */
export function validityEnd(text: string): Instant | undefined {
  const day = parseDay(text);
  return day === undefined ? parseInstant(text) : instant(day + DAY_MS);
}
