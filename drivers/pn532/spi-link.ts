/**
 * The PN532's SPI dialogue over an `SpiBus`: one operation byte (status read, data write, data read) at the
 * start of each chip select period. The chip sends and takes the least significant bit first and the Pi's
 * controllers cannot, so every byte is reversed here. Governing document: NXP UM0701-02 §6.2.5 (SPI).
 */
import { concat } from "../../src/bytes/bytes.ts";
import { toHex } from "../../src/bytes/hex.ts";
import type { BusError, InputLine, SpiBus } from "../../src/ports/bus.ts";
import type { ReaderError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import type { Wanted } from "./exchange.ts";
import type { HostLink } from "./host-link.ts";
import { ReadyWatch } from "./readiness.ts";

const DATA_WRITE = 0x01;
const STATUS_READ = 0x02;
const DATA_READ = 0x03;

const STATUS_READY = 0x01;
/** MISO held high: no chip drives it. Its bit 0 must not pass for readiness. */
const STATUS_FLOATING = 0xff;
/** The operation bytes and the ready status with their bits in the wrong order. */
const REVERSED_IMAGES: ReadonlySet<number> = new Set([0x40, 0x80, 0xc0]);
/** A start code ends within so many bytes: a little junk, the preamble, two bytes. Before it are zeros otherwise. */
const MAX_START_BYTES = 7;
/** Distinct status bytes kept to explain a silent chip. */
const MAX_OBSERVED = 8;

/** Time from the falling chip select to a running oscillator (T_osc_start, at most 2 ms). */
const WAKE_MS = 2;

const REVERSED = Uint8Array.from({ length: 256 }, (_, value) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((value >> bit) & 1) << (7 - bit);
  return reversed;
});

/** Each byte with its bits in the opposite order. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) reversed[index] = REVERSED[bytes[index] ?? 0] ?? 0;
  return reversed;
}

/** What an SPI link is made of; without `irq` the chip's status is polled. */
export interface SpiLinkParts {
  readonly bus: SpiBus;
  readonly irq?: InputLine | undefined;
  readonly clock: Clock;
}

/** A link to the PN532 behind one chip select. */
export function createSpiLink({ bus, irq, clock }: SpiLinkParts): HostLink {
  const observed = new Set<number>();

  const transfer = async (bytes: Uint8Array): Promise<Result<Uint8Array, BusError>> => {
    const answer = await bus.transfer(reverseBits(bytes));
    return answer.ok ? ok(reverseBits(answer.value)) : answer;
  };

  const isReady = async (): Promise<Result<boolean, BusError>> => {
    const answer = await transfer(Uint8Array.of(STATUS_READ, 0x00));
    if (!answer.ok) return answer;
    const status = answer.value[1] ?? STATUS_FLOATING;
    if (observed.size < MAX_OBSERVED) observed.add(status);
    return ok(status !== STATUS_FLOATING && (status & STATUS_READY) !== 0);
  };

  const watch = new ReadyWatch(isReady, irq, clock);

  /** Read on the promise of the interrupt line alone: nothing, if the promise was not kept. */
  const judge = async (bytes: Uint8Array): Promise<Result<Uint8Array, BusError>> => {
    // A preamble as long as all that was read looks like nothing, but then the chip has the rest of its frame.
    const kept = beginsFrame(bytes) ? ok(true) : await isReady();
    if (!kept.ok) return kept;
    if (kept.value) watch.promiseKept();
    else watch.promiseBroken();
    return ok(kept.value ? bytes : new Uint8Array(0));
  };

  return {
    async wake() {
      observed.clear();
      watch.trustLine();
      const pulse = await transfer(Uint8Array.of(0x00));
      if (!pulse.ok) return pulse;
      await clock.sleep(WAKE_MS);
      return ok(undefined);
    },
    async write(frame) {
      watch.discardEdges();
      const written = await transfer(concat(Uint8Array.of(DATA_WRITE), frame));
      return written.ok ? ok(undefined) : written;
    },
    waitReady: (until, signal) => watch.wait(until, signal),
    async read({ lengthBytes, position }: Wanted) {
      // At the start of a frame the byte under the operation byte is none of it; when a frame goes on it is
      // its next unread byte.
      const skippedBytes = position === "frameStart" ? 1 : 0;
      const out = new Uint8Array(lengthBytes + skippedBytes);
      out[0] = DATA_READ;
      const answer = await transfer(out);
      if (!answer.ok) return answer;
      const bytes = answer.value.subarray(skippedBytes);
      return position === "frameRest" || !watch.promised ? ok(bytes) : judge(bytes);
    },
    explainSilence: () => explain([...observed]),
    degraded: () => watch.degraded(),
  };
}

/** `00 FF` near the beginning, or behind nothing but zeros: what every frame begins with. */
function beginsFrame(bytes: Uint8Array): boolean {
  const at = bytes.findIndex((byte, index) => byte === 0xff && bytes[index - 1] === 0x00);
  return at >= 0 && (at < MAX_START_BYTES || bytes.subarray(0, at).every((byte) => byte === 0x00));
}

/** Sorts the status bytes seen: nobody there, bits in the wrong order, noise, or a chip that hangs. */
function explain(observed: readonly number[]): ReaderError {
  const all = (value: number): boolean => observed.length > 0 && observed.every((status) => status === value);
  if (all(STATUS_FLOATING)) {
    return {
      kind: "chipSilent",
      remedy:
        "MISO is always FF: check power, wiring, chip select, and that the board's switches select SPI (0-1 on the V3 board)",
    };
  }
  if (observed.some((status) => REVERSED_IMAGES.has(status))) {
    return {
      kind: "chipGarbled",
      observed: toHex(Uint8Array.from(observed)),
      remedy:
        "bits arrive in reversed order: the SPI node must send the most significant bit first, in mode 0",
    };
  }
  if (
    observed.every((status) => status === 0x00 || status === STATUS_FLOATING || (status & STATUS_READY) !== 0)
  ) {
    return {
      kind: "chipSilent",
      remedy:
        "the chip does not answer: check MOSI and the clock wire, and wire RSTPD_N so that it can be reset",
    };
  }
  return {
    kind: "chipGarbled",
    observed: toHex(Uint8Array.from(observed)),
    remedy:
      "bytes come back that no PN532 sends: lower the SPI clock (1 MHz), shorten the wires, check the ground wire",
  };
}
