/** A keypad and a scanner on the virtual board: what is typed there arrives as it would over a serial line. */
import { expect, test } from "vitest";
import { createSerialEntry } from "../../drivers/input/serial-entry.ts";
import type { SerialLine } from "../../src/ports/bus.ts";
import type { EntryEvent } from "../../src/ports/entry.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";

const KEYPAD = "/dev/ttyUSB0";
const SCANNER = "/dev/ttyUSB1";

function makeBoard() {
  const timeline = new VirtualTimeline();
  const board = new VirtualBoard({ timeline, wiring: [], entries: [KEYPAD, SCANNER], seed: 1 });
  const type = (node: string, text: string) => board.type(node, new TextEncoder().encode(text));
  const passMs = (ms: number) => timeline.run(timeline.nowUs() + ms * 1_000);
  return { timeline, board, type, passMs };
}

/** What the line has brought, each time with the instant in µs. */
function heardOn(line: SerialLine, timeline: VirtualTimeline) {
  const heard: (readonly [atUs: number, text: string])[] = [];
  const stop = line.onData((bytes) => heard.push([timeline.nowUs(), new TextDecoder().decode(bytes)]));
  return { heard, stop };
}

test("what is typed arrives when its last bit has, at the speed of the host", async () => {
  const { timeline, board, type, passMs } = makeBoard();
  const line = board.attach().serialLine(KEYPAD);
  await timeline.resolve(line.setRate(9_600));
  const { heard } = heardOn(line, timeline);
  type(KEYPAD, "12345");
  type(KEYPAD, "6\r");
  await passMs(100);
  expect(heard).toEqual([
    [5_208, "12345"],
    [7_291, "6\r"],
  ]);
  await timeline.resolve(line.setRate(115_200));
  type(KEYPAD, "1");
  await passMs(1);
  expect(heard.at(-1)).toEqual([100_087, "1"]);
});

test("each line is its own, and every listener has bytes that it may wipe", async () => {
  const { timeline, board, type, passMs } = makeBoard();
  const [keypad, scanner] = [KEYPAD, SCANNER].map((node) => board.attach().serialLine(node));
  if (keypad === undefined || scanner === undefined) throw new Error("two lines are wanted");
  keypad.onData((bytes) => bytes.fill(0));
  const [first, other] = [heardOn(keypad, timeline), heardOn(scanner, timeline)];
  type(KEYPAD, "314159\r");
  await passMs(100);
  expect([first.heard.map(([, text]) => text), other.heard]).toEqual([["314159\r"], []]);
});

test("who has stopped, closed or died hears nothing, and what nobody hears is lost", async () => {
  const { timeline, board, type, passMs } = makeBoard();
  const [stopped, closed, dead] = [board.attach(), board.attach(), board.attach()];
  const lines = [stopped, closed, dead].map((host) => host.serialLine(KEYPAD));
  const ears = lines.map((line) => heardOn(line, timeline));
  ears[0]?.stop();
  await timeline.resolve(lines[1]?.close() ?? Promise.resolve());
  dead.kill();
  type(KEYPAD, "1");
  await passMs(100);
  const late = heardOn(board.attach().serialLine(KEYPAD), timeline);
  await passMs(100);
  expect([...ears, late].map(({ heard }) => heard)).toEqual([[], [], [], []]);
});

test("the driver makes entries of it: digits of a keypad, lines of a zone", async () => {
  const { timeline, board, type, passMs } = makeBoard();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const entered: string[] = [];
  const note = (event: EntryEvent): void => {
    entered.push(event.kind === "entry" ? new TextDecoder().decode(event.entry) : event.kind);
  };
  const host = board.attach();
  const sources = [KEYPAD, SCANNER].map((node) =>
    createSerialEntry({ line: host.serialLine(node), baud: 9_600, clock }),
  );
  for (const source of sources) source.start(note);
  await passMs(10);
  type(KEYPAD, "314159\r");
  await passMs(1_000);
  type(SCANNER, "I<UTOD231458907<<<<<<<<<<<<<<<\r\n74<<<<1X2904157UTO<<<<<<<<<<<2\r\nERIKSSON<<ANNA\r\n");
  await passMs(1_000);
  expect(entered).toEqual([
    "up",
    "up",
    "314159",
    "I<UTOD231458907<<<<<<<<<<<<<<<\n74<<<<1X2904157UTO<<<<<<<<<<<2\nERIKSSON<<ANNA",
  ]);
  // The look whether the port is there still is answered.
  await passMs(10_000);
  expect(entered).toHaveLength(4);
  for (const source of sources) await timeline.resolve(source.stop());
});

test("a node without keypad or scanner is a defect of whoever types or listens there", () => {
  const { board, type } = makeBoard();
  expect(() => type("/dev/ttyUSB7", "1")).toThrow("no keypad or scanner is wired to /dev/ttyUSB7");
  expect(() => board.attach().serialLine("/dev/ttyUSB7")).toThrow("no reader is wired to /dev/ttyUSB7");
  expect(() => board.attach().spiBus(KEYPAD)).toThrow(`no reader is wired to ${KEYPAD} by spi`);
});
