/**
 * One line test exactly as it goes over the bus: command, acknowledgement and echo read once, with none of the
 * repairs (re-read, repetition, abort) by which the command runner hides a bad link. For measuring a link.
 * Governing document: NXP UM0701-02 §7.2.1 (Diagnose, communication line test), §6.2.1 (dialogue).
 */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import type { BusError } from "../../src/ports/bus.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { lineTest } from "./commands.ts";
import { ACK_BYTES, type Decoded, decodeFrame, encodeFrame, frameBytes } from "./frame.ts";
import type { HostLink } from "./host-link.ts";

/** The chip acknowledges within 15 ms and echoes at once; a machine that was elsewhere meanwhile is not the link. */
const LOST_AFTER_MS = 250;
/** Readings without a byte, as after an interrupt line that fell for nothing. */
const MAX_EMPTY_READS = 8;

/** What became of one line test. */
export type LineTest =
  /** From the first byte written to the last byte read. */
  | { readonly kind: "intact"; readonly roundTripMs: number }
  /** Something came back, but it was not the acknowledgement or not the echo. */
  | { readonly kind: "damaged" }
  /** No acknowledgement or no echo in time: the command arrived damaged, or the chip does not listen. */
  | { readonly kind: "lost" };

/**
 * Diagnose 00 with the first `dataBytes` (0 to 256) bytes of the usual pattern. After anything but `intact` the
 * chip may still have something to say: the caller clears the link. An error is the bus's own.
 */
export async function testLine(
  link: HostLink,
  clock: Clock,
  dataBytes: number,
): Promise<Result<LineTest, BusError>> {
  const { code, parameters } = lineTest();
  const sent = parameters.subarray(0, 1 + dataBytes);
  const begunAt = clock.monotonicMs();
  const written = await link.write(encodeFrame(concat(Uint8Array.of(code), sent)));
  if (!written.ok) return written;
  const acknowledgement = await nextFrame(link, ACK_BYTES, after(clock.monotonicMs(), LOST_AFTER_MS));
  if (!acknowledgement.ok) return acknowledgement;
  if (acknowledgement.value?.kind !== "ack") return ok(failed(acknowledgement.value));
  const echoUntil = after(clock.monotonicMs(), LOST_AFTER_MS);
  const echo = await nextFrame(link, frameBytes(1 + sent.length), echoUntil);
  if (!echo.ok) return echo;
  const expected = concat(Uint8Array.of(code + 1), sent);
  const isIntact = echo.value?.kind === "data" && equalBytes(echo.value.payload, expected);
  return ok(isIntact ? { kind: "intact", roundTripMs: clock.monotonicMs() - begunAt } : failed(echo.value));
}

const failed = (seen: Decoded | undefined): LineTest => ({ kind: seen === undefined ? "lost" : "damaged" });

/** The frame that comes next, whatever it is; nothing when none came until the deadline. */
async function nextFrame(
  link: HostLink,
  lengthBytes: number,
  until: Millis,
): Promise<Result<Decoded | undefined, BusError>> {
  for (let reads = 0; reads < MAX_EMPTY_READS; reads++) {
    const readiness = await link.waitReady(until);
    if (!readiness.ok) return readiness;
    if (readiness.value !== "ready") return ok(undefined);
    const bytes = await link.read({ lengthBytes, position: "frameStart" });
    if (!bytes.ok) return bytes;
    if (bytes.value.length > 0) return decodeWhole(link, bytes.value);
  }
  return ok(undefined);
}

/** A chip may send more preamble than usual, which pushes the end of the frame out of the first reading. */
async function decodeWhole(link: HostLink, bytes: Uint8Array): Promise<Result<Decoded, BusError>> {
  const decoded = decodeFrame(bytes, 0);
  if (decoded.kind !== "needMore" || decoded.missingBytes === 0) return ok(decoded);
  const rest = await link.read({ lengthBytes: decoded.missingBytes, position: "frameRest" });
  return rest.ok ? ok(decodeFrame(concat(bytes, rest.value), 0)) : rest;
}
