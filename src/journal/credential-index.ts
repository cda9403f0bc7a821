/**
 * Who may pass, in memory: a flat array of fixed-size records by key, cut into 1,024 shards by the first ten
 * bits of the key as the fleet's credential sets are (fleet interface, §6). A million holders take some 45 MB
 * and none of the JavaScript heap. It knows neither SQL nor versions: `credential-index-keeper.ts` fills it.
 */
import type { Standing } from "../ports/credentials.ts";
import { type Instant, instant } from "../time/time.ts";

/** What is stored of one holder. */
export interface IndexEntry {
  readonly denyListed: boolean;
  readonly credential?: {
    readonly group: string;
    readonly enabled: boolean;
    readonly validFrom?: Instant;
    readonly validUntil?: Instant;
  };
}

/** The record key is the first half of a 32-byte pseudonym, itself the output of a keyed hash. */
const KEY_BYTES = 16;
const SHARDS = 1024;
/** Two import files of the greatest length. What is beyond is left to the database. */
const MOST_RECORDS = 4_000_000;
/** Group numbers have 16 bits. */
const MOST_GROUPS = 65_536;

export class CredentialIndex {
  readonly #shards: readonly Shard[] = Array.from({ length: SHARDS }, () => new Shard());
  readonly #groups: string[] = [];
  readonly #groupNumbers = new Map<string, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** What is known of a holder, by the 32-byte pseudonym; one who is not in the array is on no list. */
  find(pseudonym: Uint8Array): Standing {
    const shard = this.#shardOf(pseudonym);
    const at = shard.locate(pseudonym);
    return at < 0 ? { denyListed: false } : this.#standing(pseudonym, shard.read(at));
  }

  /** Says what is known of a holder from now on. Returns false, with nothing changed, when the array is full. */
  put(pseudonym: Uint8Array, { denyListed, credential }: IndexEntry): boolean {
    const shard = this.#shardOf(pseudonym);
    const group = credential === undefined ? 0 : this.#groupNumber(credential.group);
    const at = shard.locate(pseudonym);
    if (group === undefined || (at < 0 && this.#count >= MOST_RECORDS)) return false;
    if (at < 0) this.#count++;
    shard.write(at, pseudonym, {
      group,
      flags:
        (denyListed ? FLAG.denied : 0) |
        (credential === undefined ? 0 : FLAG.admitted) |
        (credential?.enabled === true ? FLAG.enabled : 0),
      validFrom: credential?.validFrom ?? OPEN,
      validUntil: credential?.validUntil ?? OPEN,
    });
    return true;
  }

  /** Forgets a holder. */
  remove(pseudonym: Uint8Array): void {
    const shard = this.#shardOf(pseudonym);
    const at = shard.locate(pseudonym);
    if (at < 0) return;
    shard.remove(at);
    this.#count--;
  }

  #standing(pseudonym: Uint8Array, { group, flags, validFrom, validUntil }: Fields): Standing {
    const denyListed = (flags & FLAG.denied) !== 0;
    if ((flags & FLAG.admitted) === 0) return { denyListed };
    const credential = {
      pseudonym,
      group: this.#groups[group] ?? "",
      enabled: (flags & FLAG.enabled) !== 0,
      ...(Number.isNaN(validFrom) ? {} : { validFrom: instant(validFrom) }),
      ...(Number.isNaN(validUntil) ? {} : { validUntil: instant(validUntil) }),
    };
    return { denyListed, credential };
  }

  #shardOf(pseudonym: Uint8Array): Shard {
    const number = ((pseudonym[0] ?? 0) << 2) | ((pseudonym[1] ?? 0) >> 6);
    const shard = this.#shards[number];
    if (shard === undefined) throw new Error("ten bits name one of 1,024 shards");
    return shard;
  }

  #groupNumber(group: string): number | undefined {
    const known = this.#groupNumbers.get(group);
    if (known !== undefined || this.#groups.length >= MOST_GROUPS) return known;
    this.#groupNumbers.set(group, this.#groups.length);
    return this.#groups.push(group) - 1;
  }
}

interface Fields {
  readonly group: number;
  readonly flags: number;
  /** Milliseconds since 1970, or `OPEN`. */
  readonly validFrom: number;
  readonly validUntil: number;
}

const OPEN = Number.NaN;
const FLAG = { admitted: 1, enabled: 2, denied: 4 } as const;

/** A record: key 16 bytes, group u16, flags u16, both ends of validity as f64. The array is never stored. */
const AT = { group: KEY_BYTES, flags: 18, validFrom: 20, validUntil: 28 } as const;
const RECORD_BYTES = 36;
const FEWEST_RECORDS = 8;
const GROWTH = 1.25;

/** Records of one part of all keys, sorted, without gaps. */
class Shard {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #count = 0;

  /** The place of a key's record, or, if there is none, -1 minus the place where it belongs. */
  locate(key: Uint8Array): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = this.#compare(middle, key);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1 - low;
  }

  read(at: number): Fields {
    const offset = at * RECORD_BYTES;
    return {
      group: this.#view.getUint16(offset + AT.group),
      flags: this.#view.getUint16(offset + AT.flags),
      validFrom: this.#view.getFloat64(offset + AT.validFrom),
      validUntil: this.#view.getFloat64(offset + AT.validUntil),
    };
  }

  /** Writes a record at its place, or, given what `locate` says of a new key, makes room for it. */
  write(located: number, key: Uint8Array, fields: Fields): void {
    const at = located < 0 ? this.#makeRoom(-1 - located) : located;
    const offset = at * RECORD_BYTES;
    for (let index = 0; index < KEY_BYTES; index++) this.#bytes[offset + index] = key[index] ?? 0;
    this.#view.setUint16(offset + AT.group, fields.group);
    this.#view.setUint16(offset + AT.flags, fields.flags);
    this.#view.setFloat64(offset + AT.validFrom, fields.validFrom);
    this.#view.setFloat64(offset + AT.validUntil, fields.validUntil);
  }

  /** Closes the gap and wipes what would be left behind it. */
  remove(at: number): void {
    const end = this.#count * RECORD_BYTES;
    this.#bytes.copyWithin(at * RECORD_BYTES, (at + 1) * RECORD_BYTES, end);
    this.#bytes.fill(0, end - RECORD_BYTES, end);
    this.#count--;
  }

  #makeRoom(at: number): number {
    const needed = (this.#count + 1) * RECORD_BYTES;
    if (needed > this.#bytes.length) this.#grow();
    this.#bytes.copyWithin((at + 1) * RECORD_BYTES, at * RECORD_BYTES, this.#count * RECORD_BYTES);
    this.#count++;
    return at;
  }

  #grow(): void {
    const records = Math.max(FEWEST_RECORDS, Math.ceil(this.#count * GROWTH));
    const grown = new Uint8Array(records * RECORD_BYTES);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #compare(at: number, key: Uint8Array): number {
    const offset = at * RECORD_BYTES;
    for (let index = 0; index < KEY_BYTES; index++) {
      const order = (this.#bytes[offset + index] ?? 0) - (key[index] ?? 0);
      if (order !== 0) return order;
    }
    return 0;
  }
}
