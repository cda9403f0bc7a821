/**
 * A schedule at a place, asked about instants. The wall-clock ranges of a local day are turned into instants
 * once and kept until that day is over, so that a decision compares a few numbers and nothing else. What a
 * range means in the nights in which clocks change is `TimeZone.beginning` and `TimeZone.ending`.
 */
import { DAY_MS } from "../time/civil-date.ts";
import { type Instant, instant, type LocalTime, localTime } from "../time/time.ts";
import type { TimeZone } from "../time/time-zone.ts";
import { type DayPlan, planOf, type Schedule, type TimeRange } from "./schedule.ts";

const MINUTE_MS = 60_000;
/** A range lasts a day at most, and clocks put back past midnight show the day before once more. */
const DAYS_BACK = 2;
const DAYS_AHEAD = 1;

interface Span {
  readonly from: Instant;
  /** Excluded. */
  readonly to: Instant;
}

/** A time of the schedule as it came out on the day on which it began. */
export interface Opening extends Span {
  /** That local day, as days since 1970-01-01. */
  readonly day: number;
  readonly range: TimeRange;
}

/** A local day, and all openings that touch it. */
interface LocalDay extends Span {
  readonly open: readonly Opening[];
}

/** What a timetable says of an instant, for people. */
export interface Moment {
  readonly zone: string;
  /** What the clocks of the zone show. */
  readonly local: LocalTime;
  /** That local day, as days since 1970-01-01. */
  readonly day: number;
  /** The plan of that local day. */
  readonly plan: DayPlan;
  /** What is open at the instant; of several the one that began on that day, if there is one. */
  readonly opening?: Opening;
}

const NO_DAY: LocalDay = { from: instant(0), to: instant(0), open: [] };

export class Timetable {
  readonly name: string;
  readonly #schedule: Schedule;
  readonly #zone: TimeZone;
  #today: LocalDay = NO_DAY;

  constructor(schedule: Schedule, zone: TimeZone) {
    this.name = schedule.name;
    this.#schedule = schedule;
    this.#zone = zone;
  }

  /** Whether `at` lies in one of the schedule's ranges: from the beginning, included, to the end, excluded. */
  covers(at: Instant): boolean {
    for (const opening of this.#openingsNear(at)) if (contains(opening, at)) return true;
    return false;
  }

  /** The same question in words: what the clocks show then, and what the schedule has for that day. */
  momentOf(at: Instant): Moment {
    const local = this.#zone.localAt(at);
    const day = dayNumber(local);
    const open = this.#openingsNear(at).filter((opening) => contains(opening, at));
    const opening = open.find((each) => each.day === day) ?? open[0];
    const moment = { zone: this.#zone.name, local, day, plan: planOf(this.#schedule, day) };
    return opening === undefined ? moment : { ...moment, opening };
  }

  #openingsNear(at: Instant): readonly Opening[] {
    if (!contains(this.#today, at)) this.#today = this.#dayOf(at);
    return this.#today.open;
  }

  #dayOf(at: Instant): LocalDay {
    const day = dayNumber(this.#zone.localAt(at));
    return { from: this.#midnight(day), to: this.#midnight(day + 1), open: this.#openingsAround(day) };
  }

  #openingsAround(day: number): readonly Opening[] {
    const openings: Opening[] = [];
    for (let each = day - DAYS_BACK; each <= day + DAYS_AHEAD; each++) {
      for (const range of planOf(this.#schedule, each).times) {
        const from = this.#zone.beginning(localTime(each * DAY_MS + range.fromMinute * MINUTE_MS));
        const to = this.#zone.ending(localTime(each * DAY_MS + range.toMinute * MINUTE_MS));
        openings.push({ from, to, day: each, range });
      }
    }
    return openings;
  }

  #midnight(day: number): Instant {
    return this.#zone.beginning(localTime(day * DAY_MS));
  }
}

const contains = ({ from, to }: Span, at: Instant): boolean => at >= from && at < to;
const dayNumber = (local: LocalTime): number => Math.floor(local / DAY_MS);
