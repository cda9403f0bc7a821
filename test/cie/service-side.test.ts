import { describe, expect, test } from "vitest";
import { type Exchange, run } from "../../src/apdu/exchange.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import {
  type AuthenticationRefused,
  chooseServiceKey,
  signChallenge,
} from "../../src/cie/internal-authentication.ts";
import { readServiceFile } from "../../src/cie/service-files.ts";
import { silentLog } from "../../src/ports/log.ts";
import { ok } from "../../src/result.ts";
import { instant, millis } from "../../src/time/time.ts";
import { type Script, ScriptedCard } from "./scripted-card.ts";

const CIE = "00A4040C06 A00000000039";
const CONTEXT = {
  clock: { monotonicMs: () => millis(0), wallTime: () => instant(0), sleep: async () => undefined },
  log: silentLog,
  until: millis(1),
};

/** Runs a protocol on a card whose CIE application was selected before. */
async function inCie<T, E>(protocol: () => Exchange<T, E>, script: Script) {
  const card = new ScriptedCard([[CIE, "9000"], ...script]);
  function* selected(): Exchange<T, E> {
    yield { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: hex("A00000000039") };
    return yield* protocol();
  }
  const result = await run(selected(), card, CONTEXT);
  card.expectFinished();
  return result;
}

describe("internal authentication (CIE card sheet, 3.2)", () => {
  test("names the key of the services, and no other", async () => {
    const chosen = await inCie(chooseServiceKey, [["002241A406 800102840183", "9000"]]);
    expect(chosen).toEqual(ok(undefined));
  });

  test.each(["6A88", "6985", "6D00"])("a card that answers %s to that refuses", async (sw) => {
    const chosen = await inCie(chooseServiceKey, [["002241A406 800102840183", sw]]);
    expect(chosen).toMatchObject({ ok: false, error: { kind: "authenticationRefused" } });
  });

  test("a chip at work with its key may ask for time until the end of the reading", async () => {
    const ends: (number | undefined)[] = [];
    const card = {
      transceive: async (_command: Uint8Array, until?: number) => {
        ends.push(until);
        return ok(hex("9000"));
      },
    };
    function* proof(): Exchange<Uint8Array, AuthenticationRefused> {
      yield { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: hex("A00000000039") };
      yield* chooseServiceKey();
      return yield* signChallenge(new Uint8Array(32));
    }
    await run(proof(), card, { ...CONTEXT, until: millis(5_000) });
    expect(ends).toEqual([1_000, 5_000, 5_000]);
  });

  const challenge = new Uint8Array(32).fill(0x5a);
  const command = `0088000020 ${toHex(challenge)} 00`;

  test("the signature comes in one answer", async () => {
    const signature = "AB".repeat(256);
    const signed = await inCie(() => signChallenge(challenge), [[command, `${signature} 9000`]]);
    expect(signed).toEqual(ok(hex(signature)));
  });

  test("or in parts, each fetched by GET RESPONSE", async () => {
    const signed = await inCie(
      () => signChallenge(challenge),
      [
        [command, "6100"],
        ["00C0000000", `${"AB".repeat(200)} 6138`],
        ["00C0000038", `${"CD".repeat(56)} 9000`],
      ],
    );
    expect(signed).toEqual(ok(hex("AB".repeat(200) + "CD".repeat(56))));
  });
});

describe("a file of the service side, by its own length (1.4, 3.3)", () => {
  const key = `3082010A ${"11".repeat(266)}`.replaceAll(" ", "");
  const head = key.slice(0, 460);
  const rest = key.slice(460);
  const READ_KEY = "00B08500E6";

  test("a key of 270 bytes takes two commands; filler behind it is not read", async () => {
    const read = await inCie(
      () => readServiceFile("publicKey"),
      [
        [READ_KEY, `${head} 9000`],
        ["00B000E628", `${rest} 9000`],
      ],
    );
    expect(read).toEqual(ok(hex(key)));
  });

  test("a card that says end of file where the object ends", async () => {
    const read = await inCie(
      () => readServiceFile("publicKey"),
      [
        [READ_KEY, `${head} 9000`],
        ["00B000E628", `${rest} 6282`],
      ],
    );
    expect(read).toEqual(ok(hex(key)));
  });

  test("a card that gives less than it is asked for is asked again from there", async () => {
    const read = await inCie(
      () => readServiceFile("publicKey"),
      [
        [READ_KEY, `${key.slice(0, 256)} 9000`],
        ["00B000808E", `${key.slice(256, 456)} 9000`],
        ["00B000E42A", `${key.slice(456)} 9000`],
      ],
    );
    expect(read).toEqual(ok(hex(key)));
  });

  test("filler within the first answer is cut off", async () => {
    const read = await inCie(() => readServiceFile("sod"), [["00B08600E6", "7703 010203 000000 9000"]]);
    expect(read).toEqual(ok(hex("7703010203")));
  });

  test.each([
    ["nothing", ""],
    ["a tag alone", "30"],
    ["an object of 64 kB", "3082FFFF 00"],
    ["a length of four bytes", "3084 00000010 00"],
    ["an indefinite length", "3080 0000"],
  ])("%s is no file", async (_what, content) => {
    const read = await inCie(() => readServiceFile("publicKey"), [[READ_KEY, `${content} 9000`]]);
    expect(read).toEqual({ ok: false, error: { kind: "fileMalformed", file: "publicKey" } });
  });

  test("a card that gives a byte at a time is not waited for", async () => {
    const read = await inCie(
      () => readServiceFile("publicKey"),
      [
        [READ_KEY, `${head} 9000`],
        ["00B000E628", "11 9000"],
      ],
    );
    expect(read).toMatchObject({ ok: false, error: { kind: "fileMalformed" } });
  });

  test("a refusal names the file and the status", async () => {
    const read = await inCie(() => readServiceFile("sod"), [["00B08600E6", "6A82"]]);
    expect(read).toEqual({ ok: false, error: { kind: "fileRefused", file: "sod", sw: 0x6a82 } });
  });
});
