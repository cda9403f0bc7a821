/**
 * Who saw the day from outside: edges of the relays with the rows that the journal held at that very instant
 * (through a database connection of the witness's own), who stood at which reader when, and when the process
 * lived. Invariants are judged on this record alone.
 */
import { isDeepStrictEqual } from "node:util";
import { toHex } from "../../src/bytes/hex.ts";
import type { OpenDatabase } from "../../src/journal/database.ts";
import type { Person } from "./cast.ts";

/** A row of the journal, with the instant of its commit as the process's own monotonic clock has it. */
export interface Row {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly door: string;
  readonly line: string;
  readonly hash: string;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  /** Hexadecimal; absent where the row is about nobody. */
  readonly pseudonym: string | undefined;
}

export interface RelayEdge {
  readonly lane: number;
  readonly level: "on" | "off";
  readonly atMs: number;
  /** On edges: the newest grant at this door that the journal held at this instant. */
  readonly grant?: Row;
}

/** A card that really was in the field: `torn` when it left it by itself at some instant before the end. */
export interface SeenStay {
  readonly lane: number;
  readonly person: Person;
  readonly fromMs: number;
  readonly toMs: number;
  readonly torn: boolean;
}

/** All pinned chips at one moment: public key by the holder's pseudonym, both in hexadecimal. */
export interface PinSighting {
  readonly atMs: number;
  readonly pins: ReadonlyMap<string, string>;
}

interface StoredPin {
  readonly pseudonym: Uint8Array;
  readonly public_key: Uint8Array;
}

interface StoredRow {
  readonly seq: number;
  readonly line: string;
  readonly hash: Uint8Array;
  readonly pseudonym: Uint8Array | null;
}

interface Line {
  readonly type: string;
  readonly boot: string;
  readonly mono: number;
  readonly data: { readonly door?: string; readonly reason?: string; readonly detail?: string };
}

export class Witness {
  readonly edges: RelayEdge[] = [];
  readonly stays: SeenStay[] = [];
  /** Where readers share a field: when a carrier went on beside another. */
  readonly carriersTogether: { readonly lanes: readonly number[]; readonly atMs: number }[] = [];
  readonly launchesMs: number[] = [];
  readonly killsMs: number[] = [];
  readonly pinSightings: PinSighting[] = [];
  /** What happened, in words, for whoever has to understand a violation. */
  readonly diary: { readonly atMs: number; readonly what: string }[] = [];
  readonly #rows: Row[] = [];
  readonly #boots = new Map<string, number>();
  readonly #pinsWatched: "watched" | "unwatched";
  readonly #doors: readonly string[];
  readonly #readRows: (after: number) => readonly StoredRow[];
  readonly #readPins: () => readonly StoredPin[];
  readonly #nowMs: () => number;

  /** To look at all pinned chips at each edge takes time where there are many. */
  constructor(
    database: OpenDatabase,
    doors: readonly string[],
    nowMs: () => number,
    pinWatch: "watched" | "unwatched" = "watched",
  ) {
    this.#pinsWatched = pinWatch;
    this.#doors = doors;
    this.#nowMs = nowMs;
    const after = database.connection.prepare<[number], StoredRow>(
      `SELECT event.seq, line, hash, pseudonym FROM event LEFT JOIN personal USING (seq)
       WHERE event.seq > ? ORDER BY event.seq`,
    );
    this.#readRows = (seq) => after.all(seq);
    const pins = database.connection.prepare<[], StoredPin>("SELECT pseudonym, public_key FROM chip_pin");
    this.#readPins = () => pins.all();
  }

  note(what: string): void {
    this.diary.push({ atMs: this.#nowMs(), what });
  }

  launched(boot: string): void {
    this.#boots.set(boot, this.#nowMs());
    this.launchesMs.push(this.#nowMs());
    this.sightPins();
    this.note("the gate starts");
  }

  killed(how: string): void {
    this.killsMs.push(this.#nowMs());
    this.sightPins();
    this.note(`killed ${how}`);
  }

  relay(lane: number, level: "on" | "off"): void {
    this.sightPins();
    const edge = { lane, level, atMs: this.#nowMs() };
    const grant =
      level === "on"
        ? this.rows().findLast(
            ({ type, door }) => type === "acs.access.granted" && door === this.#doors[lane],
          )
        : undefined;
    this.edges.push(grant === undefined ? edge : { ...edge, grant });
    this.note(`lane ${lane + 1}: relay ${level}${grant === undefined ? "" : ` after row ${grant.seq}`}`);
  }

  /** Looks at the pinned chips: at each edge, each death and each start, and when somebody asks. */
  sightPins(): void {
    if (this.#pinsWatched === "unwatched") return;
    const pins = new Map(
      this.#readPins().map((pin) => [toHex(pin.pseudonym), toHex(pin.public_key)] as const),
    );
    if (!isDeepStrictEqual(pins, this.pinSightings.at(-1)?.pins))
      this.pinSightings.push({ atMs: this.#nowMs(), pins });
  }

  /** All rows that are committed now. */
  rows(): readonly Row[] {
    for (const stored of this.#readRows(this.#rows.at(-1)?.seq ?? 0)) this.#take(stored);
    return this.#rows;
  }

  #take({ seq, line, hash, pseudonym }: StoredRow): void {
    const { type, boot, mono, data } = JSON.parse(line) as Line;
    const atMs = (this.#boots.get(boot) ?? 0) + mono;
    this.#rows.push({
      seq,
      atMs,
      type,
      door: data.door ?? "",
      line,
      hash: toHex(hash),
      reason: data.reason,
      detail: data.detail,
      pseudonym: pseudonym === null ? undefined : toHex(pseudonym),
    });
    this.diary.push({
      atMs,
      what: `row ${seq} ${type} ${data.door ?? ""} ${data.reason ?? ""} ${data.detail ?? ""}`.trimEnd(),
    });
  }
}
