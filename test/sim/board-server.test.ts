import { existsSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { SerialLine } from "../../src/ports/bus.ts";
import { connectBoard } from "../../src/sim/board-client.ts";
import type { RecordedEdge } from "../../src/sim/board-protocol.ts";
import { startBoardServer } from "../../src/sim/board-server.ts";
import { connectDirector, type Director } from "../../src/sim/director-client.ts";
import type { ReaderWiring } from "../../src/sim/wiring.ts";
import { tell } from "../tell.ts";
import { WAKE_UP } from "./hsu-host.ts";
import {
  ACK,
  commandFrame,
  fromWire,
  LIST_ONE_TYPE_A,
  NODE,
  onWire,
  packet,
  SAM_NORMAL,
} from "./spi-host.ts";

const hasSocat = existsSync("/usr/bin/socat");
if (!hasSocat) process.stderr.write("skipped: serial readers of the board, because socat is not installed\n");

let folder = "";
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "board-"));
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true });
});

const SPI: ReaderWiring = { bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: 25 };

async function serve(wiring: readonly ReaderWiring[] = [SPI], entries: readonly string[] = []) {
  const server = await startBoardServer({ socketPath: join(folder, "board"), wiring, entries, seed: 1 });
  if (!server.ok) throw new Error("no server");
  closing.push(() => server.value.close());
  return server.value;
}

/** A gate of its own over the socket, that waits on the interrupt line. */
async function gate() {
  const connection = await connectBoard(join(folder, "board"));
  if (!connection.ok) throw new Error("no connection");
  const { gpio, spi, close } = connection.value;
  closing.push(close);
  const [bus, irq, relay] = [await spi(NODE), await gpio.input(25), await gpio.output(17, "high")];
  if (!bus.ok || !irq.ok || !relay.ok) throw new Error("no bus or line");
  const transfer = async (text: string): Promise<string> => {
    const seen = await bus.value.transfer(onWire(text));
    return seen.ok ? fromWire(seen.value) : seen.error.kind;
  };
  const fallen = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = irq.value.onFalling(() => {
        stop();
        resolve();
      });
      if (irq.value.isLow()) resolve();
    });
  const command = async (frame: string, lengthBytes: number): Promise<string> => {
    await transfer(`01${frame}`);
    await fallen();
    expect(await transfer(`03${"00".repeat(6)}`)).toBe(`01${ACK}`);
    await fallen();
    return (await transfer(`03${"00".repeat(lengthBytes)}`)).slice(2);
  };
  return { close, transfer, command, fallen, relay: relay.value };
}

async function director(): Promise<Director> {
  const connected = await connectDirector(join(folder, "board"));
  if (!connected.ok) throw new Error("no director");
  closing.push(connected.value.close);
  return connected.value;
}

const apdu = (text: string): string => commandFrame(`4001${text}`);

test("a gate reads a NIS over the socket in real time; the director learns when the relay moved and why", async () => {
  await serve();
  const stage = await director();
  const lane = await gate();
  await lane.transfer("00");
  while ((await lane.transfer("0200")) !== "0100");
  await lane.command(SAM_NORMAL, 9);
  await stage.ask({ do: "watchEdges" });
  const edge = new Promise<RecordedEdge>((resolve) => stage.onEdge(resolve));
  await stage.ask({
    do: "place",
    node: NODE,
    card: { card: "cie", family: "stm2", nis: "000000000042" },
    when: "nextTry",
  });
  expect(packet(await lane.command(LIST_ONE_TYPE_A, 60))).toMatch(/^4B01/);
  await lane.command(apdu("00A4040C0DA0000000308000000009816001"), 12);
  await lane.command(apdu("00A4040C06A00000000039"), 12);
  expect(packet(await lane.command(apdu("00B081000C"), 24))).toBe("41003030303030303030303034329000");
  expect((await lane.relay.drive("active")).ok).toBe(true);

  const { line, level, taps, timeUs } = await edge;
  expect([line, level, taps.length, taps[0]?.commands, taps[0]?.cardUs]).toEqual([17, "high", 1, 4, 45_000]);
  expect(timeUs - (taps[0]?.foundAtUs ?? 0)).toBeGreaterThan(60_000);
  expect(await stage.ask({ do: "edges", sinceUs: timeUs })).toEqual({
    ok: true,
    value: [{ line, level, taps, timeUs }],
  });
  expect(await stage.ask({ do: "records" })).toEqual({
    ok: true,
    value: { unhandled: [], unexpected: [], tripwires: 0, filesRead: ["cie/1001"] },
  });
  const lateness = await stage.ask({ do: "lateness" });
  tell(`lateness of the board, ms: ${JSON.stringify(lateness)}`);
  expect(lateness.ok && lateness.value.count).toBeGreaterThan(20);
});

test("chip and outputs outlive the gate: the next one finds the relay on and the old response waiting", async () => {
  const server = await serve();
  const first = await gate();
  await first.transfer("00");
  while ((await first.transfer("0200")) !== "0100");
  await first.relay.drive("active");
  await first.transfer("010000FF02FED4022A00");
  await first.fallen();
  await first.transfer(`03${"00".repeat(6)}`);
  first.close();
  expect(await first.transfer("0200")).toBe("busFailed");

  const reconnected = await connectBoard(join(folder, "board"));
  if (!reconnected.ok) throw new Error("no connection");
  closing.push(reconnected.value.close);
  expect(server.board.pins.level(17)).toBe("high");
  const bus = await reconnected.value.spi(NODE);
  if (!bus.ok) throw new Error("no bus");
  for (;;) {
    const status = await bus.value.transfer(onWire("0200"));
    if (status.ok && fromWire(status.value) === "0101") break;
  }
  const stale = await bus.value.transfer(onWire(`03${"00".repeat(13)}`));
  expect(stale.ok && fromWire(stale.value)).toBe("010000FF06FAD50332010607E800");
});

test("refusals are sentences: unknown node, impossible card, impossible rate", async () => {
  await serve();
  const stage = await director();
  const phone = { card: "phone" };
  expect(await stage.ask({ do: "place", node: "/dev/spidev7.0", card: phone, when: "now" })).toEqual({
    ok: false,
    error: { kind: "refused", why: "no reader is wired to /dev/spidev7.0" },
  });
  for (const card of [
    null,
    { card: "cow" },
    { card: "cie", family: "gemalto", nis: "12" },
    { card: "transit", uid: "0" },
  ]) {
    expect((await stage.ask({ do: "place", node: NODE, card, when: "now" })).ok).toBe(false);
  }
  expect((await stage.ask({ do: "setFaults", node: NODE, rates: { hang: 2 } })).ok).toBe(false);
  expect((await stage.ask({ do: "setFaults", node: NODE, rates: { hang: 0.5 } })).ok).toBe(true);
  expect((await stage.ask({ do: "place", node: NODE, card: phone, when: "now" })).ok).toBe(true);
  expect((await stage.ask({ do: "remove", node: NODE })).ok).toBe(true);
});

test("nobody at the socket, and no such reader, are typed", async () => {
  expect(await connectBoard(join(folder, "board"))).toMatchObject({
    ok: false,
    error: { kind: "nodeMissing" },
  });
  await serve();
  const connection = await connectBoard(join(folder, "board"));
  if (!connection.ok) throw new Error("no connection");
  closing.push(connection.value.close);
  expect(await connection.value.spi("/dev/spidev7.0")).toMatchObject({
    ok: false,
    error: { kind: "nodeMissing" },
  });
});

test("a reader on I2C over the socket: refusals, ready byte and frames arrive as they are", async () => {
  const node = "/dev/i2c-1";
  await serve([SPI, { bus: "i2c", node }]);
  const connection = await connectBoard(join(folder, "board"));
  if (!connection.ok) throw new Error("no connection");
  closing.push(connection.value.close);
  const { i2c, spi } = connection.value;
  const device = await i2c(node);
  if (!device.ok) throw new Error("no device");
  const read = async (lengthBytes: number): Promise<string> => {
    const seen = await device.value.read(lengthBytes);
    if (!seen.ok) throw new Error(seen.error.kind);
    return seen.value === "notAcknowledged" ? "nack" : toHex(seen.value);
  };
  expect(await read(1)).toBe("nack");
  // On a machine that is held up here the chip has woken already, and takes the command at once.
  const early = await device.value.write(hex(SAM_NORMAL));
  if (!early.ok || early.value === "notAcknowledged") {
    while ((await read(1)) !== "00");
    expect(await device.value.write(hex(SAM_NORMAL))).toEqual({ ok: true, value: "written" });
  }
  while ((await read(1)) !== "01");
  expect(await read(7)).toBe(`01${ACK}`);
  // Each reader is there by its own bus alone.
  for (const wrong of [await i2c(NODE), await spi(node)])
    expect(wrong).toMatchObject({ ok: false, error: { kind: "nodeMissing" } });
});

describe("a keypad", () => {
  const KEYPAD = "/dev/ttyUSB0";

  async function keypad() {
    const server = await serve([SPI], [KEYPAD]);
    const connection = await connectBoard(join(folder, "board"));
    if (!connection.ok) throw new Error("no connection");
    closing.push(connection.value.close);
    const line = await connection.value.serial(KEYPAD);
    if (!line.ok) throw new Error("no line");
    return { server, connection: connection.value, line: line.value };
  }

  const typed = (line: SerialLine): Promise<string> =>
    new Promise((resolve) => {
      const stop = line.onData((bytes) => {
        stop();
        resolve(new TextDecoder().decode(bytes));
      });
    });

  const typeRequest = (text: string) =>
    ({ do: "type", node: KEYPAD, hex: toHex(new TextEncoder().encode(text)) }) as const;

  test("is read over the socket: what the director types arrives, at the speed that was set", async () => {
    const { line } = await keypad();
    const stage = await director();
    expect(await line.setRate(115_200)).toEqual({ ok: true, value: undefined });
    expect(await line.write(hex("07"))).toEqual({ ok: true, value: undefined });
    for (const text of ["314159\r", "271828\r"]) {
      const heard = typed(line);
      expect(await stage.ask(typeRequest(text))).toEqual({ ok: true, value: null });
      expect(await heard).toBe(text);
    }
  });

  test("tells its line nothing once that is closed, and says so when the board has gone", async () => {
    const { server, connection, line } = await keypad();
    const stage = await director();
    const other = await connection.serial(KEYPAD);
    if (!other.ok) throw new Error("no line");
    const heard: string[] = [];
    line.onData((bytes) => heard.push(toHex(bytes)));
    await line.close();
    const last = typed(other.value);
    await stage.ask(typeRequest("1"));
    expect([await last, heard]).toEqual(["1", []]);
    await server.close();
    expect(await other.value.write(hex(""))).toMatchObject({ ok: false, error: { kind: "busFailed" } });
  });

  test("is where it was wired, takes hexadecimal, and is no reader", async () => {
    const { connection } = await keypad();
    const stage = await director();
    for (const wrong of [await connection.serial(NODE), await connection.spi(KEYPAD)])
      expect(wrong).toMatchObject({ ok: false, error: { kind: "nodeMissing" } });
    expect(await stage.ask({ do: "type", node: NODE, hex: "31" })).toEqual({
      ok: false,
      error: { kind: "refused", why: `no keypad or scanner is wired to ${NODE}` },
    });
    for (const wrong of ["3", "zz", "31".repeat(4_097)]) {
      const refused = await stage.ask({ do: "type", node: KEYPAD, hex: wrong });
      expect(refused).toMatchObject({ ok: false, error: { kind: "refused" } });
    }
    const phone = { card: "phone" };
    expect((await stage.ask({ do: "place", node: KEYPAD, card: phone, when: "now" })).ok).toBe(false);
  });
});

test("a CIE with both sides leaves the records of both", async () => {
  await serve();
  const stage = await director();
  const card = { card: "cie", family: "stm2", nis: "000000000042", document: { holder: "anna" } };
  expect(await stage.ask({ do: "place", node: NODE, card, when: "now" })).toEqual({ ok: true, value: null });
  const lane = await gate();
  await lane.transfer("00");
  while ((await lane.transfer("0200")) !== "0100");
  await lane.command(SAM_NORMAL, 9);
  await lane.command(LIST_ONE_TYPE_A, 60);
  for (const command of [
    "00B09C0000",
    "00A4040C0DA0000000308000000009816001",
    "00CA0101",
    "00A40000",
    "00200081",
  ])
    await lane.command(apdu(command), 40);
  expect(await stage.ask({ do: "records" })).toEqual({
    ok: true,
    value: { unhandled: [], unexpected: ["00CA0101"], tripwires: 1, filesRead: ["master/011C"] },
  });
});

test.runIf(hasSocat)(
  "a reader on a serial line is met at its node, and the node goes with the board",
  async () => {
    const node = join(folder, "serial");
    const server = await serve([SPI, { bus: "hsu", node }]);
    server.board.place(node, { card: "transit", uid: "DEADBEEF" });
    const frames = `${WAKE_UP}${SAM_NORMAL}`;
    for (const round of [1, 2]) {
      const line = await open(node, "r+");
      await line.write(hex(frames));
      const answer = `${ACK}0000FF02FED5151600`;
      const heard = new Uint8Array(answer.length / 2);
      for (let bytes = 0; bytes < heard.length; ) bytes += (await line.read(heard, bytes)).bytesRead;
      expect({ round, heard: toHex(heard) }).toEqual({ round, heard: answer });
      await line.close();
    }
    await server.close();
    expect(existsSync(node)).toBe(false);
  },
);

test.runIf(hasSocat)(
  "a node that is taken is a typed refusal, and nothing is left of the board",
  async () => {
    const node = join(folder, "serial");
    await writeFile(node, "mine");
    const wiring: readonly ReaderWiring[] = [{ bus: "hsu", node }];
    const server = await startBoardServer({ socketPath: join(folder, "board"), wiring, seed: 1 });
    expect(server).toMatchObject({ ok: false, error: { kind: "linkTaken", link: node } });
    expect(await connectBoard(join(folder, "board"))).toMatchObject({ ok: false });
  },
);
