/**
 * Rules that need more than one field. They look at every part of the file that is right by itself, so that
 * one wrong value somewhere does not hide a clash elsewhere: all problems are told at once.
 */
import { isJsonObject } from "../bytes/json-object.ts";
import { calendarFindings } from "./calendar-rules.ts";
import { type ConfigPath, describeFound, errorAt, type Finding, pathText } from "./config-problem.ts";
import { demandFindings } from "./demand-rules.ts";
import { entryDeviceSchema } from "./demand-schema.ts";
import {
  HEADER_SERIAL_LINES,
  HEADER_SERIAL_NODES,
  HIGHEST_PULLED_UP_LINE,
  I2C_LINES,
  SPI_LINES,
  UNSAFE_RELAY_LINES,
} from "./header-lines.table.ts";
import { listIn, sectionIn } from "./raw-part.ts";
import {
  mqttSchema,
  type ReaderConfig,
  type RelayConfig,
  readerSchema,
  relaySchema,
  signalSchema,
} from "./schema.ts";

/** A GPIO line and the place that claims it. */
interface Claim {
  readonly path: ConfigPath;
  readonly line: number;
}

/** The valid parts of one door. */
interface DoorParts {
  readonly path: ConfigPath;
  readonly id: unknown;
  readonly reader: ReaderConfig | undefined;
  readonly relay: RelayConfig | undefined;
  readonly claims: readonly Claim[];
  /** Nodes of readers, keypads and scanners. */
  readonly devices: readonly Device[];
}

/** A device node, what it hangs on, and the place that claims it. */
interface Device {
  readonly path: ConfigPath;
  readonly bus: ReaderConfig["bus"] | "input";
  readonly node: string;
}

/** Findings between fields, in the order of the file. */
export function crossFindings(root: unknown): readonly Finding[] {
  if (!isJsonObject(root)) return [];
  const doors = listIn(root["doors"]).map(doorParts);
  const claims = doors.flatMap((door) => door.claims);
  return [
    ...repeated(
      doors.map((door) => ({ path: [...door.path, "id"], value: door.id })),
      "a door id used once",
    ),
    ...repeated(
      doors.flatMap(({ devices }) => devices.map(({ path, node }) => ({ path, value: node }))),
      "a device used once",
    ),
    ...repeated(
      claims.map(({ path, line }) => ({ path, value: line })),
      "a GPIO line used once",
    ),
    ...reservedLines(doors, claims),
    ...lonelyFields(doors),
    ...doors.flatMap(pulseFindings),
    ...doors.flatMap(relayBootWarnings),
    ...calendarFindings(root),
    ...demandFindings(root),
    ...brokerFindings(root["mqtt"]),
  ];
}

function doorParts(raw: unknown, index: number): DoorParts {
  const path = ["doors", index];
  const door = sectionIn(raw);
  const reader = readerSchema.safeParse(door["reader"]).data;
  const relay = relaySchema.safeParse(door["relay"]).data;
  const claims: Claim[] = [];
  const claim = (line: number | undefined, ...where: readonly string[]) => {
    if (line !== undefined) claims.push({ path: [...path, ...where], line });
  };
  if (reader?.bus !== "hsu") claim(reader?.irqLine, "reader", "irqLine");
  claim(reader?.resetLine, "reader", "resetLine");
  claim(relay?.line, "relay", "line");
  for (const signal of ["green", "red", "buzzer"]) {
    claim(signalSchema.safeParse(door[signal]).data?.line, signal, "line");
  }
  const devices = [...readerDevices(path, reader), ...entryDevices(path, door["document"])];
  return { path, id: door["id"], reader, relay, claims, devices };
}

const readerDevices = (path: ConfigPath, reader: ReaderConfig | undefined): readonly Device[] =>
  reader === undefined ? [] : [{ path: [...path, "reader", "node"], bus: reader.bus, node: reader.node }];

const entrySchema = entryDeviceSchema("a keypad or scanner");

function entryDevices(path: ConfigPath, raw: unknown): readonly Device[] {
  const document = sectionIn(raw);
  return ["keypad", "scanner"].flatMap((kind): readonly Device[] => {
    const device = entrySchema.safeParse(document[kind]).data;
    if (device === undefined) return [];
    const place = [...path, "document", kind];
    return "device" in device
      ? [{ path: [...place, "device"], bus: "input", node: device.device }]
      : [{ path: [...place, "serial", "node"], bus: "hsu", node: device.serial.node }];
  });
}

/** Values that stand at a second place; reported at the second and later ones, naming the first. */
function repeated(
  places: readonly { readonly path: ConfigPath; readonly value: unknown }[],
  allowed: string,
): readonly Finding[] {
  const first = new Map<unknown, ConfigPath>();
  return places.flatMap(({ path, value }) => {
    if (value === undefined) return [];
    const before = first.get(value);
    if (before === undefined) first.set(value, path);
    return before === undefined
      ? []
      : [
          errorAt(
            path,
            `${describeFound(path, value)}, as at ${pathText(before)}`,
            allowed,
            "change one of the two",
          ),
        ];
  });
}

function reservedLines(doors: readonly DoorParts[], claims: readonly Claim[]): readonly Finding[] {
  const buses = doors.flatMap(({ devices }) => devices.map(headerBus));
  return claims.flatMap(({ path, line }) => {
    const bus = buses.find(({ lines }) => lines.includes(line));
    return bus === undefined
      ? []
      : [errorAt(path, String(line), `a line that ${bus.name} does not use`, "wire it to another line")];
  });
}

/** A device's bus and the lines of the header that it takes; none for a bus that lies elsewhere. */
function headerBus({ bus, node }: Device): {
  readonly name: string;
  readonly lines: readonly number[];
} {
  const number = Number(/(?:spidev|i2c-)(\d+)/.exec(node)?.[1]);
  switch (bus) {
    case "spi":
      return { name: `SPI bus ${number}`, lines: SPI_LINES[number] ?? [] };
    case "i2c":
      return { name: `I2C bus ${number}`, lines: I2C_LINES[number] ?? [] };
    case "hsu":
      return { name: "the serial port", lines: HEADER_SERIAL_NODES.has(node) ? HEADER_SERIAL_LINES : [] };
    case "input":
      return { name: "the input device", lines: [] };
  }
}

/** A group of one is a name that was mistyped: its reader would take turns with nobody, and jam its neighbour. */
function lonelyFields(doors: readonly DoorParts[]): readonly Finding[] {
  // A reader with a mistake in it may be the other one.
  if (doors.some(({ reader }) => reader === undefined)) return [];
  return doors.flatMap(({ path, reader }) => {
    const group = reader?.fieldGroup;
    if (group === undefined || doors.filter((door) => door.reader?.fieldGroup === group).length > 1)
      return [];
    const allowed = "a name that the readers of two or more doors bear";
    const place = [...path, "reader", "fieldGroup"];
    return [errorAt(place, group, allowed, "name the other reader's the same, or remove it")];
  });
}

function pulseFindings({ path, relay }: DoorParts): readonly Finding[] {
  if (relay === undefined) return [];
  const { pulseMs, minPulseMs, maxPulseMs } = relay;
  const findings: Finding[] = [];
  if (minPulseMs > pulseMs) {
    const place = [...path, "relay", "minPulseMs"];
    findings.push(
      errorAt(place, String(minPulseMs), `at most pulseMs (${pulseMs})`, "lower it or lengthen pulseMs"),
    );
  }
  if (maxPulseMs < pulseMs) {
    const place = [...path, "relay", "maxPulseMs"];
    findings.push(
      errorAt(place, String(maxPulseMs), `at least pulseMs (${pulseMs})`, "raise it or shorten pulseMs"),
    );
  }
  return findings;
}

/** A relay on such a line may move while the board starts, before any program can hold it. */
function relayBootWarnings({ path, relay }: DoorParts): readonly Finding[] {
  const reason = relay === undefined ? undefined : bootReason(relay);
  if (relay === undefined || reason === undefined) return [];
  return [
    {
      severity: "warning",
      path: [...path, "relay", "line"],
      found: `${relay.line}, active ${relay.activeLevel}: ${reason}`,
      allowed: "active high on 9 to 27, or active low on 4 to 8",
      remedy: "use another line, or hold this one inactive with a 10 kΩ resistor",
    },
  ];
}

function bootReason({ line, activeLevel }: RelayConfig): string | undefined {
  const pulled = line <= HIGHEST_PULLED_UP_LINE ? "high" : "low";
  return (
    UNSAFE_RELAY_LINES[line] ??
    (pulled === activeLevel ? `the board pulls it ${pulled} at power-on` : undefined)
  );
}

function brokerFindings(raw: unknown): readonly Finding[] {
  const mqtt = mqttSchema.safeParse(raw).data;
  if (mqtt === undefined) return [];
  const findings: Finding[] = [];
  const { protocol, hostname } = new URL(mqtt.url);
  if (protocol === "mqtt:" && !LOOPBACK.test(hostname)) {
    findings.push(
      errorAt(
        ["mqtt", "url"],
        "mqtt:// to another machine",
        "mqtts://, since anyone on the way could read and forge",
        "use mqtts",
      ),
    );
  }
  if (protocol === "mqtts:" && mqtt.caFile === undefined) {
    findings.push(
      errorAt(["mqtt", "caFile"], "nothing", "the authority's certificate, for mqtts", "add caFile"),
    );
  }
  if ((mqtt.userFile === undefined) !== (mqtt.passwordFile === undefined)) {
    const missing = mqtt.userFile === undefined ? "userFile" : "passwordFile";
    findings.push(
      errorAt(
        ["mqtt", missing],
        "nothing",
        "userFile and passwordFile together, or neither",
        `add ${missing}`,
      ),
    );
  }
  return findings;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
