/**
 * A place's clocks, by its name in the IANA time zone database, which the runtime carries. Local times are
 * turned into instants here and nowhere else, so that everything after this line compares instants alone.
 *
 * Where the clocks are put forward, a local time in the gap stands for the first instant after it. Where
 * they are put back, a stretch of local times comes twice: as a beginning such a time means its first
 * occurrence, as an end its last one, so a range that touches that night loses none of it. One offset
 * change within two days is assumed, as every zone has had since 1970.
 */
import { DAY_MS, daysSinceEpoch } from "./civil-date.ts";
import { type Instant, instant, type LocalTime, localTime } from "./time.ts";

/** `Europe/Rome`, `America/Argentina/Buenos_Aires`, `Etc/GMT+3`, or `UTC`. Plain offsets are no zones. */
const ZONE_NAME = /^(?:UTC|[A-Za-z]+(?:\/[A-Za-z0-9_+-]+){1,2})$/;

export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** The zone of this name; `undefined` when the database has none. */
  static named(name: string): TimeZone | undefined {
    if (!ZONE_NAME.test(name)) return undefined;
    try {
      return new TimeZone(name, localFormat(name));
    } catch {
      // The runtime's only way to say that it does not know the name; its error has nothing to add.
      return undefined;
    }
  }

  private constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  /** What the clocks show at an instant. */
  localAt(at: Instant): LocalTime {
    return localTime(at + this.#offsetMs(at));
  }

  /** The first instant at which the clocks show `local` or later: where a range that begins then begins. */
  beginning(local: LocalTime): Instant {
    const { early, late, change } = this.#candidates(local);
    return early < change ? early : later(change, late);
  }

  /** The instant after the last one at which the clocks show less than `local`: where a range that ends then ends. */
  ending(local: LocalTime): Instant {
    const { early, late, change } = this.#candidates(local);
    return late > change ? late : earlier(change, early);
  }

  /** When `local` was by the offset before and by the one after the change nearby; without one, the same twice. */
  #candidates(local: LocalTime): Candidates {
    // No zone is a day or more away from UTC, so these two lie on either side of what is looked for.
    const before = instant(local - DAY_MS);
    const after = instant(local + DAY_MS);
    const early = instant(local - this.#offsetMs(before));
    const late = instant(local - this.#offsetMs(after));
    return { early, late, change: early === late ? late : this.#changeBetween(before, after) };
  }

  /** The first instant after `before` with another offset, found by halving: 28 steps for two days. */
  #changeBetween(before: Instant, after: Instant): Instant {
    const offsetMs = this.#offsetMs(before);
    let known: number = before;
    let changed: number = after;
    while (changed - known > 1) {
      const middle = Math.floor((known + changed) / 2);
      if (this.#offsetMs(instant(middle)) === offsetMs) known = middle;
      else changed = middle;
    }
    return instant(changed);
  }

  #offsetMs(at: Instant): number {
    const seconds = Math.floor(at / 1000) * 1000;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(seconds)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    const shown = daysSinceEpoch({ year, month, day }) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000;
    return shown - seconds;
  }
}

interface Candidates {
  readonly early: Instant;
  readonly late: Instant;
  readonly change: Instant;
}

const localFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
