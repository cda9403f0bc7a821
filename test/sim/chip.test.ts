import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import {
  ACK,
  commandFrame,
  fromWire,
  LIST_ONE_TYPE_A,
  NODE,
  onWire,
  packet,
  SAM_NORMAL,
  SpiHost,
} from "./spi-host.ts";

const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;

describe("worked frames of UM0701-02, byte by byte", () => {
  test.each([
    ["GetFirmwareVersion", "0000FF02FED4022A00", "0000FF06FAD50332010607E800"],
    ["SAMConfiguration normal, timeout, IRQ", "0000FF05FBD414011401 0200", "0000FF02FED5151600"],
    ["SAMConfiguration normal", SAM_NORMAL, "0000FF02FED5151600"],
    ["SetParameters 14", "0000FF03FDD412140600", "0000FF02FED5131800"],
    ["SetParameters 00", "0000FF03FDD412001A00", "0000FF02FED5131800"],
    ["RFConfiguration retries", "0000FF06FAD43205FF0101F400", "0000FF02FED533F800"],
    ["RF field on", "0000FF04FCD4320101F800", "0000FF02FED533F800"],
    ["InListPassiveTarget, nothing there", LIST_ONE_TYPE_A, "0000FF03FDD54B00E000"],
    ["InRelease all", "0000FF03FDD45200DA00", "0000FF03FDD55300D800"],
    ["PowerDown", "0000FF04FCD416B0016500", "0000FF03FDD517001400"],
  ])("%s", async (_name, command, answer) => {
    const host = await new SpiHost().start();
    expect(await host.command(command.replaceAll(" ", ""), answer.length / 2)).toBe(answer);
    expect(host.chip.unhandled).toEqual([]);
  });

  test("bits are least significant first on the wire: status read is 40, ready is 80", async () => {
    const host = await new SpiHost().start();
    await host.write("0000FF02FED4022A00");
    await host.pass(500);
    const seen = await host.timeline.resolve(host.board.spiBus(NODE).transfer(Uint8Array.of(0x40, 0x00)));
    expect(seen.ok && toHex(seen.value)).toBe("8080");
    expect(toHex(onWire("0203"))).toBe("40C0");
    expect(fromWire(Uint8Array.of(0x40))).toBe("02");
  });

  test("InDataExchange without a target answers 27", async () => {
    const host = await new SpiHost().start();
    expect(await host.apdu("00B081000C")).toBe("27");
  });
});

describe("power", () => {
  test("after power-on the line is high until chip select has been low and 2 ms have passed", async () => {
    const host = new SpiHost();
    expect(await host.transfer("0200")).toBe("FFFF");
    await host.pass(1_900);
    expect(await host.transfer("0200")).toBe("FFFF");
    await host.pass(100);
    expect(await host.transfer("0200")).toBe("0100");
  });

  test("no radio before SAMConfiguration: a card in the field is not found", async () => {
    const host = new SpiHost();
    await host.transfer("00");
    await host.pass(2_000);
    host.board.place(NODE, CIE);
    await host.command(commandFrame("3205FF0101"));
    expect(packet(await host.command(LIST_ONE_TYPE_A, 40))).toBe("4B00");
  });

  test("a brown-out in the middle of a poll brings back the power-on state, all settings lost", async () => {
    const host = await new SpiHost().start();
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    await host.read(6);
    host.chip.brownOut();
    expect(host.board.pins.level(25)).toBe("high");
    expect(await host.transfer("0200")).toBe("FFFF");
    await host.pass(2_000);
    // MaxRetries is FF again: the poll never ends by itself.
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    await host.read(6);
    expect(await host.falls(60_000_000)).toBe(false);
  });

  test("the reset line takes the chip down, and it comes up asleep", async () => {
    const host = await new SpiHost().start();
    const reset = await host.timeline.resolve(host.board.gpio.output(24, "low"));
    if (!reset.ok) throw new Error("no reset line");
    await host.timeline.resolve(reset.value.drive("active"));
    await host.pass(1_000);
    expect(await host.transfer("0200")).toBe("FFFF");
    await host.timeline.resolve(reset.value.drive("inactive"));
    await host.pass(2_000);
    expect(await host.transfer("0200")).toBe("FFFF");
    await host.pass(2_000);
    expect(await host.command("0000FF02FED4022A00", 13)).toBe("0000FF06FAD50332010607E800");
  });

  test("PowerDown without SPI among its wake-up sources leaves the chip deaf to chip select", async () => {
    const host = await new SpiHost().start();
    await host.command(commandFrame("1680"), 10);
    await host.transfer("00");
    await host.pass(10_000);
    expect(await host.transfer("0200")).toBe("FFFF");
  });
});

describe("dialogue", () => {
  test("status and interrupt line follow ACK and response", async () => {
    const host = await new SpiHost().start();
    await host.write("0000FF02FED4022A00");
    expect(await host.ready()).toBe(false);
    await host.pass(500);
    expect([await host.ready(), host.board.pins.level(25)]).toEqual([true, "low"]);
    expect(await host.read(6)).toBe(ACK);
    expect([await host.ready(), host.board.pins.level(25)]).toEqual([false, "high"]);
    await host.pass(300);
    expect([await host.ready(), host.board.pins.level(25)]).toEqual([true, "low"]);
  });

  test("behind the ACK lie the remains of the command, never the next frame", async () => {
    const host = await new SpiHost().start();
    await host.write("0000FF02FED4022A00");
    await host.falls();
    expect(await host.read(9)).toBe(`${ACK}022A00`);
  });

  test("a frame read in parts goes on where chip select rose; without the opcode the byte stays", async () => {
    const host = await new SpiHost().start();
    await host.write("0000FF02FED4022A00");
    await host.falls();
    await host.read(6);
    await host.falls();
    expect(await host.transfer("0300000000")).toBe("010000FF06");
    expect(await host.transfer("00")).toBe("FA");
    expect(await host.transfer("0300000000")).toBe("FAD5033201");
    expect(await host.transfer("030000000000")).toBe("0607E8000000");
  });

  test("NACK brings the last response again", async () => {
    const host = await new SpiHost().start();
    const first = await host.command("0000FF02FED4022A00", 13);
    await host.write("0000FFFF0000");
    expect(await host.falls()).toBe(true);
    expect(await host.read(13)).toBe(first);
  });

  test("a host ACK aborts an endless poll, after which the chip is deaf for a millisecond", async () => {
    const host = await new SpiHost().start();
    await host.command(commandFrame("3205FF01FF"));
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    await host.read(6);
    expect(await host.falls(10_000_000)).toBe(false);
    await host.write(ACK);
    await host.write("0000FF02FED4022A00");
    expect(await host.falls(50_000)).toBe(false);
    expect(await host.command("0000FF02FED4022A00", 13)).toBe("0000FF06FAD50332010607E800");
  });

  test("a new command takes the place of the one that runs", async () => {
    const host = await new SpiHost().start();
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    await host.read(6);
    expect(await host.command("0000FF02FED4022A00", 13)).toBe("0000FF06FAD50332010607E800");
  });

  test("a response that nobody read stands where the next ACK is expected, until an abort clears it", async () => {
    const host = await new SpiHost().start();
    await host.write("0000FF02FED4022A00");
    await host.falls();
    await host.read(6);
    await host.falls();
    await host.write(SAM_NORMAL);
    await host.pass(5_000);
    expect(await host.read(13)).toBe("0000FF06FAD50332010607E800");
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    await host.write(ACK);
    await host.pass(1_000);
    expect(await host.ready()).toBe(false);
  });

  test.each([
    ["length checksum", "0000FF02FFD4022A00"],
    ["data checksum", "0000FF02FED4022B00"],
    ["direction byte", "0000FF02FED5022900"],
    ["start code", "0000FE02FED4022A00"],
  ])("a wrong %s is met by silence", async (_name, frame) => {
    const host = await new SpiHost().start();
    await host.write(frame);
    expect(await host.falls(100_000)).toBe(false);
  });

  test("an unknown command and a wrong parameter count end in the error frame; the former is on record", async () => {
    const host = await new SpiHost().start();
    expect(await host.command(commandFrame("77"), 8)).toBe("0000FF01FF7F8100");
    expect(await host.command(commandFrame("0200"), 8)).toBe("0000FF01FF7F8100");
    expect(host.chip.unhandled).toEqual(["77"]);
  });

  test("frames above 255 bytes are extended both ways: a line test with 262 bytes comes back whole", async () => {
    const host = await new SpiHost().start();
    const data = "A5".repeat(262);
    const answer = await host.command(commandFrame(`0000${data.slice(2)}`), 275);
    expect(answer.slice(0, 16)).toBe("0000FFFFFF0108F7");
    expect(packet(answer)).toBe(`0100${data.slice(2)}`);
  });

  test("no sequence of bytes on the bus makes the chip throw or hang", async () => {
    const noise = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
    const plausible = fc.array(
      fc
        .tuple(fc.constantFrom("01", "02", "03"), fc.uint8Array({ minLength: 1, maxLength: 20 }))
        .map(([opcode, bytes]) => onWire(`${opcode}${commandFrame(toHex(bytes))}`)),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, plausible), async (transfers) => {
        const host = await new SpiHost().start();
        host.board.place(NODE, CIE);
        for (const bytes of transfers) {
          const seen = await host.timeline.resolve(host.board.spiBus(NODE).transfer(bytes));
          expect(seen.ok && seen.value.length).toBe(bytes.length);
          await host.pass(3_000);
        }
      }),
      { numRuns: 60 },
    );
  });
});
