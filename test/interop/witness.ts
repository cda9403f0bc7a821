/**
 * What must hold after any crash, as pure functions over what independent witnesses saw: the board, which
 * held and time-stamped the relay's pin; the journal on disk; the back end. An empty list is a good one.
 * Governing text: fleet interface, §4; Raspberry Pi notes, relays.
 */
import type { ReceivedEvent } from "./back-end.ts";

/** A row of the journal as the disk has it. */
export interface CommittedRow {
  readonly journal: string;
  readonly seq: number;
  readonly type: string;
  /** Stamped before the commit. */
  readonly timeMs: number;
  readonly hash: string;
}

/** An edge of the relay's pin in wall time. */
export interface RelayEdge {
  readonly atMs: number;
  readonly to: "on" | "off";
}

export interface Pulse {
  readonly onAtMs: number;
  readonly offAtMs: number;
  /** When a kill cut it short. */
  readonly killedAtMs: number | undefined;
}

/** Board and gate read clocks of two processes, and rows are stamped in whole milliseconds. */
const CLOCK_TOLERANCE_MS = 5;
/** A relay that closes long after its row was written closes for somebody who has left. */
const MOST_DELAY_MS = 2_000;

/** On times in order; one that has not ended lasts for ever. */
export function pulsesOf(edges: readonly RelayEdge[], killsAtMs: readonly number[]): readonly Pulse[] {
  return edges.flatMap(({ atMs, to }, index) => {
    if (to === "off") return [];
    const offAtMs = edges[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    return [{ onAtMs: atMs, offAtMs, killedAtMs: killsAtMs.find((kill) => kill >= atMs && kill <= offAtMs) }];
  });
}

/** Every on edge has a committed grant of its own, written before it, and not long before. */
export function groundlessPulses(pulses: readonly Pulse[], rows: readonly CommittedRow[]): readonly string[] {
  const grants = rows.filter(({ type }) => type === "acs.access.granted").map(({ timeMs }) => timeMs);
  return pulses.flatMap(({ onAtMs }) => {
    const ground = grants.findLastIndex(
      (timeMs) => timeMs <= onAtMs + CLOCK_TOLERANCE_MS && timeMs >= onAtMs - MOST_DELAY_MS,
    );
    if (ground < 0) return [`the relay went on at ${onAtMs} without a grant`];
    grants.splice(ground, 1);
    return [];
  });
}

/** No pulse exceeds the maximum, except one that a kill cut: that one is off soon after the kill. */
export function overlongPulses(
  pulses: readonly Pulse[],
  { maxPulseMs, offAfterKillMs }: { readonly maxPulseMs: number; readonly offAfterKillMs: number },
): readonly string[] {
  return pulses.flatMap(({ onAtMs, offAtMs, killedAtMs }) => {
    if (killedAtMs !== undefined && offAtMs - killedAtMs > offAfterKillMs)
      return [`on for ${offAtMs - killedAtMs} ms after the kill at ${killedAtMs}`];
    if (killedAtMs === undefined && offAtMs - onAtMs > maxPulseMs)
      return [`a pulse of ${offAtMs - onAtMs} ms at ${onAtMs}`];
    return [];
  });
}

/** The journal is numbered from 1 without gaps, and the back end has each row, unaltered, and no other. */
export function deliveryFaults(
  rows: readonly CommittedRow[],
  received: readonly ReceivedEvent[],
): readonly string[] {
  const name = ({ journal, seq }: { readonly journal: string; readonly seq: number }) => `${journal}/${seq}`;
  const there = new Map(received.map((event) => [name(event), event]));
  const here = new Set(rows.map(name));
  return [
    ...rows.flatMap(({ seq }, index) => (seq === index + 1 ? [] : [`row ${index + 1} is numbered ${seq}`])),
    ...rows.flatMap((row) => {
      const event = there.get(name(row));
      if (event === undefined) return [`${row.type} ${row.seq} is missing at the back end`];
      return event.hash === row.hash ? [] : [`${row.type} ${row.seq} is another at the back end`];
    }),
    ...received.flatMap((event) => (here.has(name(event)) ? [] : [`the journal has no ${event.seq}`])),
    ...(there.size === received.length ? [] : ["the back end holds an event twice"]),
  ];
}
