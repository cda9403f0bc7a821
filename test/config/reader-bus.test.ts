// A reader's bus as an operator writes it: what each bus needs, which lines it leaves, and what is said of mistakes.
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { changed, problemsOf, withSecondDoor } from "./example.ts";

const SPI_READER = "reader: { bus: spi, node: /dev/spidev0.1 }";
const withReader = (reader: string, ...others: readonly (readonly [string, string])[]) =>
  withSecondDoor([SPI_READER, `reader: { ${reader} }`], ...others);

const GREEN_ON = (line: number): string => `pulseMs: 500 }\n    green: { line: ${line}, activeLevel: high }`;

describe("a good reader", () => {
  test.each([
    [
      "on I2C",
      "bus: i2c, node: /dev/i2c-1, irqLine: 23, resetLine: 22",
      { bus: "i2c", node: "/dev/i2c-1", irqLine: 23, resetLine: 22 },
    ],
    [
      "on the header's serial port, at the chip's own speed",
      "bus: hsu, node: /dev/serial0, resetLine: 22",
      { bus: "hsu", node: "/dev/serial0", baud: 115_200, resetLine: 22 },
    ],
    [
      "on a serial adapter, faster",
      "bus: hsu, node: /dev/serial/by-id/usb-reader, baud: 921600",
      { bus: "hsu", node: "/dev/serial/by-id/usb-reader", baud: 921_600 },
    ],
  ])("%s", (_, text, reader) => {
    const result = parseConfig(withReader(text));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.config.doors[1]?.reader).toEqual(reader);
  });

  test("on a bus that lies elsewhere leaves the header's lines to others", () => {
    for (const reader of ["bus: hsu, node: /dev/ttyUSB0", "bus: i2c, node: /dev/i2c-3"])
      for (const line of ["2", "3", "14", "15"]) {
        const result = parseConfig(withReader(reader, ["line: 27", `line: ${line}`]));
        expect(result.ok).toBe(true);
      }
  });
});

describe("each mistake", () => {
  test.each([
    [
      "a line of the SPI bus",
      changed([/line: 17/, "line: 9"]),
      "doors[0].relay.line",
      "9",
      "wire it to another line",
    ],
    [
      "a line of the I2C bus",
      withReader("bus: i2c, node: /dev/i2c-1", ["pulseMs: 500 }", GREEN_ON(3)]),
      "doors[1].green.line",
      "3",
      "wire it to another line",
    ],
    [
      "a line of the serial port",
      withReader("bus: hsu, node: /dev/ttyAMA0", ["pulseMs: 500 }", GREEN_ON(15)]),
      "doors[1].green.line",
      "15",
      "wire it to another line",
    ],
    [
      "a bus that is none",
      withReader("bus: usb, node: /dev/ttyUSB0"),
      "doors[1].reader.bus",
      '"usb"',
      "correct the value",
    ],
    [
      "a node of another bus",
      withReader("bus: i2c, node: /dev/spidev0.1"),
      "doors[1].reader.node",
      '"/dev/spidev0.1"',
      "correct the value",
    ],
    [
      "a speed that the chip does not have",
      withReader("bus: hsu, node: /dev/ttyUSB0, baud: 9600"),
      "doors[1].reader.baud",
      "9600",
      "correct the value",
    ],
    [
      "an interrupt line, which a serial reader does not need",
      withReader("bus: hsu, node: /dev/ttyUSB0, irqLine: 22"),
      "doors[1].reader.irqLine",
      "a key that is not known here",
      "remove it",
    ],
  ])("%s", (_, text, path, found, remedy) => {
    expect(problemsOf(text)).toMatchObject([{ severity: "error", path, found, remedy }]);
    expect(parseConfig(text).ok).toBe(false);
  });

  test("says what is allowed on the bus that was chosen", () => {
    const allowed = (reader: string) => problemsOf(withReader(reader))[0]?.allowed;
    expect(allowed("bus: i2c, node: /dev/spidev0.1")).toContain("/dev/i2c-1");
    expect(allowed("bus: hsu, node: ttyUSB0")).toContain("serial port");
    expect(allowed("bus: hsu, node: /dev/ttyUSB0, clockHz: 1000000")).toBe(
      "one of bus, node, baud, resetLine, fieldGroup, isoDep",
    );
    expect(allowed("bus: usb, node: /dev/ttyUSB0")).toBe("spi, i2c or hsu");
  });
});

describe("a field that readers share", () => {
  const SPI = "bus: spi, node: /dev/spidev0.1";
  /** The example's own reader and that of a second door, each in its group if it has one. */
  const withFields = (first: string, second: string) =>
    withReader(`${SPI}${inGroup(", ", second)}`).replace(
      "resetLine: 24",
      `resetLine: 24${inGroup("\n      ", first)}`,
    );
  const inGroup = (before: string, group: string) => (group === "" ? "" : `${before}fieldGroup: ${group}`);

  test("bears one name at both of them", () => {
    const config = parseConfig(withFields("turnstile", "turnstile"));
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    const groups = config.value.config.doors.map(({ reader }) => reader.fieldGroup);
    expect(groups).toEqual(["turnstile", "turnstile"]);
  });

  test("is nobody's unless it is named", () => {
    const config = parseConfig(withFields("", ""));
    expect(config.ok && config.value.config.doors.map(({ reader }) => reader.fieldGroup)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("is not one reader's alone: the name was mistyped", () => {
    const problem = { severity: "error", allowed: "a name that the readers of two or more doors bear" };
    expect(problemsOf(withFields("turnstile", "turnstyle"))).toMatchObject([
      { ...problem, path: "doors[0].reader.fieldGroup", found: "turnstile" },
      { ...problem, path: "doors[1].reader.fieldGroup", found: "turnstyle" },
    ]);
    expect(problemsOf(withFields("", "turnstile"))).toMatchObject([
      { ...problem, path: "doors[1].reader.fieldGroup" },
    ]);
  });

  test("of a reader with another mistake in it is left alone", () => {
    const problems = problemsOf(withFields("turnstile", "turnstile, irqLine: 99"));
    expect(problems.map(({ path }) => path)).toEqual(["doors[1].reader.irqLine"]);
  });
});
