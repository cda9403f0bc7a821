import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  begin,
  beginClearing,
  type ExchangeCommand,
  type ExchangeInput,
  type Outcome,
  type Step,
  step,
  wanted,
} from "../../../drivers/pn532/exchange.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { millis } from "../../../src/time/time.ts";
import { ACK_FRAME, command, ERROR_FRAME, frame, NACK_FRAME, response } from "./frames.ts";

const RESPONSE_MS = 100;
const VERSION: ExchangeCommand = {
  payload: hex("02"),
  answerBytes: 4,
  responseMs: RESPONSE_MS,
  repeat: "always",
};
const VERSION_FRAME = toHex(command("02"));
const VERSION_ANSWER = response("03 32 01 06 07");
const VERSION_OUTCOME: Outcome = { kind: "answered", data: hex("32010607") };

const APDU: ExchangeCommand = {
  payload: hex("40 01 00B0810C"),
  answerBytes: 15,
  responseMs: RESPONSE_MS,
  repeat: "never",
};
const POLL: ExchangeCommand = {
  payload: hex("4A 01 00"),
  answerBytes: 33,
  responseMs: RESPONSE_MS,
  repeat: "afterDamage",
};

/** What happens next: bytes that the chip has ready, or nothing until the deadline, or the owner's abort. */
type Event = Uint8Array | "silence" | "abort";

interface Run {
  /** Frames written by the host, in order. */
  readonly written: readonly string[];
  readonly outcome: Outcome | undefined;
  /** Virtual time at the end, from 0. */
  readonly endedMs: number;
  /** Frames that answered nothing. */
  readonly strays: number;
  /** Chip events that the exchange did not live to see. */
  readonly unread: number;
}

/** Plays events against one exchange; bytes are handed over as the exchange asks for them, then as junk. */
function play(first: ExchangeCommand | "clear", events: readonly Event[]): Run {
  let now = 0;
  let current: Step = first === "clear" ? beginClearing(millis(now)) : begin(first, millis(now));
  const written: string[] = [];
  const queue = [...events];
  let strays = 0;
  for (;;) {
    if (current.isStray === true) strays += 1;
    if (current.write !== undefined) written.push(toHex(current.write));
    const exchange = current.next;
    if (exchange.at === "finished")
      return { written, outcome: exchange.outcome, endedMs: now, strays, unread: queue.length };
    const event = queue.shift();
    if (event === undefined) return { written, outcome: undefined, endedMs: now, strays, unread: 0 };
    const input = toInput(event, wanted(exchange).lengthBytes, queue);
    if (input.kind === "silence") now = exchange.until;
    current = step(exchange, input, millis(now));
  }
}

/** A read of `lengthBytes`: what is left of the frame is read next, what is missing is junk. */
function toInput(event: Event, lengthBytes: number, queue: Event[]): ExchangeInput {
  if (event === "silence" || event === "abort") return { kind: event };
  if (event.length > lengthBytes) queue.unshift(event.subarray(lengthBytes));
  const bytes = new Uint8Array(lengthBytes).fill(0xa5);
  bytes.set(event.subarray(0, lengthBytes));
  return { kind: "bytes", bytes };
}

const ABORT = toHex(ACK_FRAME);
const NACK = toHex(NACK_FRAME);
const damaged = VERSION_ANSWER.map((value, index) => (index === 8 ? value ^ 1 : value));

describe("a command that goes well", () => {
  test("is written once, acknowledged and answered", () => {
    const run = play(VERSION, [ACK_FRAME, VERSION_ANSWER]);
    const alone = { written: [VERSION_FRAME], strays: 0, unread: 0 };
    expect(run).toEqual({ ...alone, outcome: VERSION_OUTCOME, endedMs: 0 });
  });

  test("waits 25 ms for the acknowledgement, then the command's own time for the response", () => {
    const sent = begin(VERSION, millis(1000)).next;
    expect(sent).toMatchObject({ at: "acknowledge", until: 1025 });
    const heard = step(sent, { kind: "bytes", bytes: ACK_FRAME }, millis(1003)).next;
    expect(heard).toMatchObject({ at: "respond", until: 1103 });
  });

  test("asks for an acknowledgement, then for the usual answer, then for exactly the rest of a longer one", () => {
    const long = frame(concat(hex("D503"), new Uint8Array(200)));
    const sent = begin(VERSION, millis(0)).next;
    const heard = step(sent, { kind: "bytes", bytes: ACK_FRAME }, millis(0)).next;
    if (sent.at === "finished" || heard.at === "finished") throw new Error("too soon");
    expect(wanted(sent)).toEqual({ lengthBytes: 6, position: "frameStart" });
    expect(wanted(heard)).toEqual({ lengthBytes: VERSION_ANSWER.length, position: "frameStart" });
    const half = step(
      heard,
      { kind: "bytes", bytes: long.subarray(0, VERSION_ANSWER.length) },
      millis(0),
    ).next;
    if (half.at === "finished") throw new Error("too soon");
    expect(wanted(half)).toEqual({ lengthBytes: long.length - VERSION_ANSWER.length, position: "frameRest" });
    const whole = step(half, { kind: "bytes", bytes: long.subarray(VERSION_ANSWER.length) }, millis(0)).next;
    expect(whole).toMatchObject({ at: "finished", outcome: { kind: "answered", data: new Uint8Array(200) } });
  });
});

test("an answer that lacks its last byte is not guessed: with a lost 00 it would pass shifted", () => {
  const waiting = step(begin(VERSION, millis(0)).next, { kind: "bytes", bytes: ACK_FRAME }, millis(0)).next;
  const bytes = VERSION_ANSWER.slice(0, -1);
  expect(step(waiting, { kind: "bytes", bytes }, millis(0)).next).toMatchObject({
    at: "respond",
    missingBytes: 1,
  });
});

test("a damaged answer is asked for again whole, whatever its usual length", () => {
  let now = begin(VERSION, millis(0)).next;
  for (const bytes of [ACK_FRAME, damaged]) now = step(now, { kind: "bytes", bytes }, millis(0)).next;
  if (now.at === "finished") throw new Error("too soon");
  expect(wanted(now)).toEqual({ lengthBytes: 275, position: "frameStart" });
});

describe("matrix 1: no ACK", () => {
  test("the command is sent three times, 25 ms apart, then aborted", () => {
    const run = play(VERSION, ["silence", "silence", "silence", "silence"]);
    expect(run.written).toEqual([VERSION_FRAME, VERSION_FRAME, VERSION_FRAME, ABORT]);
    expect(run.outcome).toEqual({ kind: "unacknowledged" });
    expect(run.endedMs).toBe(77);
  });

  test("a resent command that is acknowledged goes on as usual", () => {
    expect(play(VERSION, ["silence", ACK_FRAME, VERSION_ANSWER]).outcome).toEqual(VERSION_OUTCOME);
  });

  test("what reaches a card is sent once only", () => {
    const run = play(APDU, ["silence", "silence"]);
    expect(run.written).toEqual([toHex(command("40 01 00B0810C")), ABORT]);
    expect(run.outcome).toEqual({ kind: "unacknowledged" });
  });
});

describe("matrix 2: surplus frames", () => {
  test.each([
    ["ACK twice", 1, [ACK_FRAME, ACK_FRAME, VERSION_ANSWER]],
    ["NACK from the chip", 2, [NACK_FRAME, ACK_FRAME, NACK_FRAME, VERSION_ANSWER]],
  ])("%s is passed over, and told", (_, strays, events) => {
    const right = { written: [VERSION_FRAME], outcome: VERSION_OUTCOME };
    expect(play(VERSION, events)).toMatchObject({ ...right, strays });
  });

  test("a flood of them ends the exchange", () => {
    const run = play(APDU, [ACK_FRAME, ...Array.from({ length: 5 }, () => ACK_FRAME), "silence"]);
    expect(run).toMatchObject({ outcome: { kind: "damaged" }, strays: 5 });
  });
});

describe("matrix 3: an old response where the ACK belongs", () => {
  const stale = response("41 00 9000");

  test("is aborted, drained, and the command repeated once", () => {
    const run = play(VERSION, [stale, stale, "silence", ACK_FRAME, VERSION_ANSWER]);
    expect(run.written).toEqual([VERSION_FRAME, ABORT, VERSION_FRAME]);
    expect(run.outcome).toEqual(VERSION_OUTCOME);
  });

  test("twice is a fault", () => {
    const run = play(VERSION, [response("03 32"), "silence", response("03 32"), "silence"]);
    expect(run.outcome).toEqual({ kind: "damaged" });
  });

  test("never makes an APDU be sent again", () => {
    const run = play(APDU, [stale, "silence"]);
    expect(run.written).toEqual([toHex(command("40 01 00B0810C")), ABORT]);
    expect(run.outcome).toEqual({ kind: "damaged" });
  });
});

describe("matrix 4: damaged responses", () => {
  test.each([
    ["length checksum", VERSION_ANSWER.map((value, index) => (index === 4 ? value ^ 1 : value))],
    ["data checksum", damaged],
    ["identifier of the host", command("03 32 01 06 07")],
    ["postamble", VERSION_ANSWER.map((value, index) => (index === VERSION_ANSWER.length - 1 ? 7 : value))],
  ])("a wrong %s is read again after one NACK", (_, bytes) => {
    const run = play(VERSION, [ACK_FRAME, bytes, VERSION_ANSWER]);
    expect(run).toMatchObject({ written: [VERSION_FRAME, NACK], outcome: VERSION_OUTCOME });
  });

  test("a second one makes a repeatable command start over", () => {
    const run = play(VERSION, [ACK_FRAME, damaged, damaged, "silence", ACK_FRAME, VERSION_ANSWER]);
    expect(run).toMatchObject({
      written: [VERSION_FRAME, NACK, ABORT, VERSION_FRAME],
      outcome: VERSION_OUTCOME,
    });
  });

  test("a poll starts over after damage too", () => {
    const run = play(POLL, [ACK_FRAME, damaged, damaged, "silence", ACK_FRAME, response("4B 00")]);
    expect(run.outcome).toEqual({ kind: "answered", data: hex("00") });
  });

  test("an APDU does not", () => {
    const run = play(APDU, [ACK_FRAME, damaged, damaged, "silence"]);
    expect(run.written).toEqual([toHex(command("40 01 00B0810C")), NACK, ABORT]);
    expect(run.outcome).toEqual({ kind: "damaged" });
  });

  test("silence after the NACK counts as damage", () => {
    expect(play(APDU, [ACK_FRAME, damaged, "silence", "silence"]).outcome).toEqual({ kind: "damaged" });
  });
});

describe("matrix 5: preamble", () => {
  test.each(Array.from({ length: 21 }, (_, count) => count))(
    "%i bytes of it before ACK and response",
    (count) => {
      const preamble = new Uint8Array(count);
      const run = play(VERSION, [
        concat(preamble, ACK_FRAME.subarray(1)),
        concat(preamble, VERSION_ANSWER.subarray(1)),
      ]);
      expect(run).toMatchObject({ written: [VERSION_FRAME], outcome: VERSION_OUTCOME });
    },
  );

  test("junk before the start code", () => {
    const run = play(VERSION, [ACK_FRAME, concat(hex("01AAFF80"), VERSION_ANSWER)]);
    expect(run.outcome).toEqual(VERSION_OUTCOME);
  });
});

describe("matrix 6: lengths", () => {
  test.each([253, 254, 262, 263])("%i bytes of response data", (lengthBytes) => {
    const data = new Uint8Array(lengthBytes).map((_, index) => index);
    const run = play(VERSION, [ACK_FRAME, frame(concat(hex("D503"), data))]);
    expect(run.outcome).toEqual({ kind: "answered", data });
  });

  test.each([
    ["LEN 0", hex("0000FF0000 0000")],
    ["LEN 1", hex("0000FF01FF D52B00")],
    ["extended, more than 265", hex("0000FFFFFF 010AF5 D5")],
    ["extended, checksum", hex("0000FFFFFF 0109F5 D5")],
  ])("%s is refused without reading beyond the limit", (_, bytes) => {
    expect(play(APDU, [ACK_FRAME, bytes, "silence", "silence"]).outcome).toEqual({ kind: "damaged" });
  });
});

test("matrix 7: a response cut at any byte is damage, not an answer", () => {
  for (let length = 0; length < VERSION_ANSWER.length; length++) {
    const cut = VERSION_ANSWER.subarray(0, length);
    expect(play(VERSION, [ACK_FRAME, cut, VERSION_ANSWER])).toMatchObject({ outcome: VERSION_OUTCOME });
  }
});

test("matrix 9: bytes behind a frame in one reading are junk of the chip's buffer", () => {
  const run = play(VERSION, [ACK_FRAME, concat(VERSION_ANSWER, response("03 FF FF FF FF"))]);
  expect(run.outcome).toEqual(VERSION_OUTCOME);
});

test("matrix 10: an error frame ends the exchange at once, without retry", () => {
  const run = play(VERSION, [ACK_FRAME, ERROR_FRAME]);
  const alone = { written: [VERSION_FRAME], strays: 0, unread: 0 };
  expect(run).toEqual({ ...alone, outcome: { kind: "refused" }, endedMs: 0 });
});

describe("matrix 11: acknowledged, then silence", () => {
  test("a repeatable command is aborted and tried once more", () => {
    const run = play(VERSION, [ACK_FRAME, "silence", "silence", ACK_FRAME, "silence", "silence"]);
    expect(run.written).toEqual([VERSION_FRAME, ABORT, VERSION_FRAME, ABORT]);
    expect(run.outcome).toEqual({ kind: "unanswered" });
    expect(run.endedMs).toBe(2 * (RESPONSE_MS + 2));
  });

  test.each([
    ["a poll", POLL],
    ["an APDU", APDU],
  ])("%s is aborted and left to its owner", (_, one) => {
    const run = play(one, [ACK_FRAME, "silence", "silence"]);
    expect(run.written.slice(1)).toEqual([ABORT]);
    expect(run.outcome).toEqual({ kind: "unanswered" });
  });
});

test("matrix 12: the late response of an earlier command is thrown away", () => {
  const run = play(VERSION, [ACK_FRAME, response("4B 00"), VERSION_ANSWER]);
  expect(run).toMatchObject({ written: [VERSION_FRAME], outcome: VERSION_OUTCOME, strays: 1 });
});

test("matrix 32: bytes that are there when the loop wakes late count, however late it is", () => {
  const sent = begin(VERSION, millis(0)).next;
  const heard = step(sent, { kind: "bytes", bytes: ACK_FRAME }, millis(200)).next;
  const done = step(heard, { kind: "bytes", bytes: VERSION_ANSWER }, millis(900)).next;
  expect(done).toMatchObject({ at: "finished", outcome: VERSION_OUTCOME });
});

describe("abort", () => {
  test("is a host ACK, then quiet, also while the response is awaited", () => {
    const run = play(POLL, [ACK_FRAME, "abort", "silence"]);
    expect(run.written.slice(1)).toEqual([ABORT]);
    expect(run.outcome).toEqual({ kind: "aborted" });
  });

  test("throws away a response that crossed it", () => {
    const run = play(POLL, [ACK_FRAME, "abort", response("4B 00"), "silence"]);
    expect(run).toMatchObject({ outcome: { kind: "aborted" }, unread: 0 });
  });

  test("while the line settles before a repetition there is none", () => {
    const run = play(VERSION, [response("41 00"), "abort", "silence"]);
    expect(run.written).toEqual([VERSION_FRAME, ABORT]);
    expect(run.outcome).toEqual({ kind: "aborted" });
  });

  test("clearing drains at most three old frames", () => {
    const run = play("clear", [response("41 00"), response("41 00"), response("41 00"), response("41 00")]);
    expect(run).toMatchObject({ written: [ABORT], unread: 1 });
  });
});

test("no sequence of chip events throws, loops, or makes an APDU go out twice", () => {
  const event = fc.oneof(
    fc.constantFrom<Event>("silence", ACK_FRAME, NACK_FRAME, ERROR_FRAME, response("41 00 9000"), damaged),
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.constantFrom(APDU, POLL, VERSION), (events, one) => {
      // Enough silence after the last event ends any exchange.
      const run = play(one, [...events, ...Array.from({ length: 12 }, (): Event => "silence")]);
      expect(run.outcome).toBeDefined();
      const sent = run.written.filter(
        (written) => written === toHex(frame(concat(hex("D4"), one.payload))),
      ).length;
      expect(sent).toBeLessThanOrEqual(one.repeat === "never" ? 1 : 6);
    }),
  );
});
