/**
 * How late a real timeline met its instants: a histogram of fixed size, so that a soak of days costs no
 * memory. Above 0.2 ms at the 99th percentile a benchmark run is void.
 */
export interface LatenessReport {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const BUCKET_US = 5;
/** Covers 10 ms; the last bucket takes everything above. */
const BUCKETS = 2_001;

export class Lateness {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #maxUs = 0;

  record(lateUs: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(lateUs / BUCKET_US));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#maxUs = Math.max(this.#maxUs, lateUs);
  }

  /** Percentiles are upper ends of their bucket, so never flattering. */
  report(): LatenessReport {
    const percentileMs = (share: number): number => this.#percentileUs(share) / 1000;
    return {
      count: this.#count,
      p50Ms: percentileMs(0.5),
      p99Ms: percentileMs(0.99),
      maxMs: this.#maxUs / 1000,
    };
  }

  #percentileUs(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (let bucket = 0; bucket < BUCKETS && left > 0; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return bucket === BUCKETS - 1 ? this.#maxUs : (bucket + 1) * BUCKET_US;
    }
    return 0;
  }
}
