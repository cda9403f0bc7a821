import { describe, expect, test } from "vitest";
import type { Exchange } from "../../src/apdu/exchange.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import { err, ok } from "../../src/result.ts";
import { bad, good } from "../good.ts";
import type { ChipSession } from "./chip-session.ts";
import { type Chip, play } from "./play.ts";
import { ends, READ } from "./session-ends.ts";

interface Refused {
  readonly kind: "refused";
  readonly sw: number;
}

/** Reads twice and returns both parts; `ended` hears that its `finally` ran. */
function* readTwice(ended: () => void): Exchange<string, Refused> {
  try {
    const first = yield READ;
    if (first.sw !== 0x9000) return err({ kind: "refused", sw: first.sw });
    const second = yield { ...READ, p2: 0x04 };
    if (second.sw !== 0x9000) return err({ kind: "refused", sw: second.sw });
    return ok(toHex(first.data) + toHex(second.data));
  } finally {
    ended();
  }
}

type Answer = readonly [data: string, sw: number];

/** A chip that gives these answers in turn, and notes the plain commands it was sent. */
function answering(chip: ChipSession, answers: readonly Answer[], seen: string[] = []): Chip {
  const left = [...answers];
  return (command) => {
    const { header, le } = chip.open(command);
    seen.push(`${toHex(header)} Le ${le}`);
    const [data, sw] = left.shift() ?? ["", 0x6f00];
    return chip.answer(Uint8Array.from(Buffer.from(data, "hex")), sw);
  };
}

describe("a protocol under secure messaging", () => {
  test("is the same as in clear, while the chip sees every command protected", () => {
    const { reader, chip } = ends("AES-256");
    const seen: string[] = [];
    const answers: readonly Answer[] = [
      ["01020304", 0x9000],
      ["0506", 0x9000],
    ];
    const result = play(
      secured(
        reader,
        readTwice(() => seen.push("ended")),
      ),
      answering(chip, answers, seen),
    );
    expect(good(result)).toBe("010203040506");
    expect(seen).toEqual(["00B00000 Le 4", "00B00004 Le 4", "ended"]);
  });

  test("takes the end of the file for a good answer, as in clear", () => {
    const { reader, chip } = ends("3DES");
    const answers: readonly Answer[] = [
      ["01020304", 0x9000],
      ["05", 0x6282],
    ];
    expect(
      good(
        play(
          secured(
            reader,
            readTwice(() => {}),
          ),
          answering(chip, answers),
        ),
      ),
    ).toBe("0102030405");
  });

  test("has a command repeated once, protected anew, with the Le that the chip names", () => {
    const { reader, chip } = ends("AES-128");
    const seen: string[] = [];
    const answers: readonly Answer[] = [
      ["", 0x6c02],
      ["0102", 0x9000],
      ["", 0x6c00],
      ["0304", 0x9000],
    ];
    expect(
      good(
        play(
          secured(
            reader,
            readTwice(() => {}),
          ),
          answering(chip, answers, seen),
        ),
      ),
    ).toBe("01020304");
    expect(seen).toEqual(["00B00000 Le 4", "00B00000 Le 2", "00B00004 Le 4", "00B00004 Le 256"]);
  });

  test("is told of a second 6Cxx instead of going on for ever", () => {
    const { reader, chip } = ends("AES-128");
    const answers: readonly Answer[] = [
      ["", 0x6c02],
      ["", 0x6c03],
    ];
    const result = play(
      secured(
        reader,
        readTwice(() => {}),
      ),
      answering(chip, answers),
    );
    expect(bad(result)).toEqual({ kind: "refused", sw: 0x6c03 });
  });

  test("keeps its session when the chip refuses under it", () => {
    const { reader, chip } = ends("AES-192");
    const refusing = play(
      secured(
        reader,
        readTwice(() => {}),
      ),
      answering(chip, [["", 0x6a82]]),
    );
    expect(bad(refusing)).toEqual({ kind: "refused", sw: 0x6a82 });
    const answers: readonly Answer[] = [
      ["01", 0x9000],
      ["02", 0x9000],
    ];
    expect(
      good(
        play(
          secured(
            reader,
            readTwice(() => {}),
          ),
          answering(chip, answers),
        ),
      ),
    ).toBe("0102");
  });

  test("ends with the session when the chip drops that, and nothing follows under it", () => {
    const { reader, chip } = ends("AES-128");
    let ended = 0;
    const dropping: Chip = (command) => {
      chip.open(command);
      return Uint8Array.of(0x90, 0x00);
    };
    const dropped = play(
      secured(
        reader,
        readTwice(() => ended++),
      ),
      dropping,
    );
    expect(bad(dropped)).toEqual({ kind: "sessionDropped", sw: 0x9000 });
    expect(ended).toBe(1);
    const later = play(
      secured(
        reader,
        readTwice(() => {}),
      ),
      () => {
        throw new Error("a command left under a session that is over");
      },
    );
    expect(bad(later)).toEqual({ kind: "sessionEnded" });
  });

  test("that is given up with its card has its end run, and its session refuses what follows", () => {
    const { reader } = ends("AES-128");
    let ended = 0;
    const protocol = secured(
      reader,
      readTwice(() => ended++),
    );
    expect(protocol.next()).toMatchObject({ done: false, value: { cla: 0x0c } });
    protocol.return(err({ kind: "sessionEnded" }));
    expect(ended).toBe(1);
    expect(bad(reader.protect(READ))).toEqual({ kind: "sessionEnded" });
  });
});
