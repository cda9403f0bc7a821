/**
 * Two groups of the demo's gym that may pass by a schedule only, as text for its configuration. Whenever the
 * demo is played, the day club is open and the pool is closed: its works take the whole of every year.
 */

/** The parts of a configuration that tell when. */
export interface Hours {
  /** Sections of the file. */
  readonly sections: string;
  /** Further groups of each door. */
  readonly admissions: readonly string[];
}

const ALWAYS = '[{ days: [mon, tue, wed, thu, fri, sat, sun], times: ["00:00-24:00"] }]';

export const HOURS: Hours = {
  sections: `timeZone: Europe/Rome
calendar:
  works: [01-01/12-31]
schedules:
  club-hours: { weekly: ${ALWAYS} }
  pool-hours: { weekly: ${ALWAYS}, special: [{ days: works, times: [] }] }
`,
  admissions: ["{ group: day-club, schedule: club-hours }", "{ group: aqua-gym, schedule: pool-hours }"],
};
