/**
 * The configuration of one gate, as one strict schema: unknown keys are errors, defaults are written here
 * and nowhere else, secrets are only ever named by their file. The type of the whole program's
 * configuration and the JSON Schema published over MQTT are both made from it.
 */
import { z } from "zod";
import { calendarSchema, schedulesSchema, timeZoneSchema } from "./calendar-schema.ts";
import { alsoAcceptsSchema, documentSchema, sealOnlySchema, stepUpSchema } from "./demand-schema.ts";
import { absolutePath, MOST_GROUPS, name, oneOf, section, sentence, text, wholeNumber } from "./field.ts";

/** Header pins carry the BCM lines 0 to 27; the lines above drive the board itself. */
const HIGHEST_HEADER_LINE = 27;
/** The fastest SPI clock that the PN532 data sheet allows, and a floor that still reads a card in time. */
const SPI_CLOCK_HZ = { least: 100_000, most: 5_000_000, usual: 2_000_000 } as const;
/** Speeds of the PN532 that serial ports of a Raspberry Pi and adapters have; the first is the chip's own. */
const SERIAL_BAUDS = [115_200, 230_400, 460_800, 921_600] as const;
const PULSE_MS = { least: 100, most: 10_000 } as const;
/** A pulse may last this much longer than asked, on a busy machine, before it counts as a fault. */
const PULSE_SLACK_MS = 100;
/** More doors than one board has lines for. */
const MOST_DOORS = 8;
/** The general ceiling for premises; shorter where a rule of the place says so. */
const MOST_RETENTION_DAYS = 90;
/** At 50 ppm the usual value lasts two weeks without a time service, the largest nine months. */
const USUAL_SKEW_S = 60;
const MOST_SKEW_S = 1200;

const line = (what: string) => wholeNumber(0, HIGHEST_HEADER_LINE, `${what}, a GPIO line by its BCM number`);
const activeLevel = oneOf(["high", "low"], "the level that switches it on");

const irqLine = line("the reader's interrupt output (IRQ)").exactOptional();
const resetLine = line("the reader's reset input (RSTPD_N)").exactOptional();
const fieldGroup = name(
  "shared by readers whose antennas see the same cards or are within 10 cm of each other; their fields are on in turns",
).exactOptional();
const isoDep = oneOf(
  ["firmware", "software"],
  "who speaks ISO-DEP with cards of type A, the reader's firmware (so without this key) or this program, in longer frames",
).exactOptional();

/** The card reader of a door: one PN532 on a chip select of an SPI bus, on an I2C bus, or on a serial line. */
export const readerSchema = z.discriminatedUnion("bus", [
  section({
    bus: z.literal("spi").describe("spi, i2c or hsu"),
    node: text(/^\/dev\/spidev\d{1,3}\.\d{1,3}$/, "the reader's SPI device, for example /dev/spidev0.0"),
    clockHz: wholeNumber(SPI_CLOCK_HZ.least, SPI_CLOCK_HZ.most, "the SPI clock in Hz").default(
      SPI_CLOCK_HZ.usual,
    ),
    irqLine,
    resetLine,
    fieldGroup,
    isoDep,
  }).readonly(),
  section({
    bus: z.literal("i2c"),
    node: text(/^\/dev\/i2c-\d{1,3}$/, "the reader's I2C bus, for example /dev/i2c-1"),
    irqLine,
    resetLine,
    fieldGroup,
    isoDep,
  }).readonly(),
  section({
    bus: z.literal("hsu"),
    node: absolutePath("the reader's serial port"),
    baud: z
      .literal(SERIAL_BAUDS)
      .describe(`the speed of the serial line in bit/s: ${SERIAL_BAUDS.join(" or ")}`)
      .default(SERIAL_BAUDS[0]),
    resetLine,
    fieldGroup,
    isoDep,
  }).readonly(),
]);

/** The relay of a door. A pulse that began late is stretched to the minimum; one beyond the maximum is a fault. */
export const relaySchema = section({
  line: line("the relay"),
  activeLevel,
  pulseMs: wholeNumber(PULSE_MS.least, PULSE_MS.most, "how long the relay stays on, in ms"),
  minPulseMs: wholeNumber(
    PULSE_MS.least / 2,
    PULSE_MS.most,
    "the shortest pulse that moves the lock, in ms; half of pulseMs when absent",
  ).exactOptional(),
  maxPulseMs: wholeNumber(
    PULSE_MS.least,
    PULSE_MS.most + PULSE_SLACK_MS,
    `the longest time the relay may be seen on, in ms; pulseMs + ${PULSE_SLACK_MS} when absent`,
  ).exactOptional(),
})
  .transform(({ line, activeLevel, pulseMs, minPulseMs, maxPulseMs }) => ({
    line,
    activeLevel,
    pulseMs,
    minPulseMs: minPulseMs ?? Math.floor(pulseMs / 2),
    maxPulseMs: maxPulseMs ?? pulseMs + PULSE_SLACK_MS,
  }))
  .readonly();

/** A lamp or a buzzer. */
export const signalSchema = section({ line: line("the lamp or buzzer"), activeLevel }).readonly();

/** A group at any time, or a group in the times of a schedule; both become the longer form. */
const admissionSchema = z
  .union([
    name("a group that this door admits").transform((group): Admission => ({ group })),
    section({
      group: name("a group that this door admits"),
      schedule: name("the schedule in whose times it may pass"),
    }).readonly(),
  ])
  .describe("the name of a group that this door admits, or { group: NAME, schedule: NAME }");

interface Admission {
  readonly group: string;
  readonly schedule?: string;
}

/**
 * What dates and schedules are worth while no trusted source has set the clock. The usual value keeps a
 * gate without network working after a power cut: time then goes on from the newest that the gate has
 * seen, so what has ended stays ended, and all that can be wrong is the length of the cut. Where that is
 * too much, `deny`, or the groups that must get in all the same.
 */
const unsyncedClockSchema = z
  .union([
    z.enum(["deny", "lastKnown"]),
    section({
      groups: z
        .array(name("a group that goes by the last known time"))
        .max(MOST_GROUPS)
        .readonly()
        .describe(`a list of at most ${MOST_GROUPS} groups that go by the last known time`),
    }).readonly(),
  ])
  .describe(
    "what dates and schedules go by while the clock is untrusted: deny, lastKnown, or { groups: [NAME] }",
  );

const doorShape = {
  id: name("the door's name"),
  direction: oneOf(["in", "out"], "the way people pass"),
  groups: z
    .array(admissionSchema)
    .min(1)
    .max(MOST_GROUPS)
    .readonly()
    .describe(
      `the groups that this door admits: a list of 1 to ${MOST_GROUPS} names, or names with a schedule`,
    ),
  alsoAccepts: alsoAcceptsSchema,
  stepUp: stepUpSchema,
  document: documentSchema.exactOptional(),
  reader: readerSchema,
  relay: relaySchema,
  green: signalSchema.exactOptional(),
  red: signalSchema.exactOptional(),
  buzzer: signalSchema.exactOptional(),
};

/** A door, by what it demands of a card or document. Who has a chip pinned proves it at every door. */
const doorSchema = z.discriminatedUnion("level", [
  section({
    ...doorShape,
    level: z
      .literal("identifier")
      .describe(
        "identifier (a chip said this number), documentSeal (a seal that the State printed, or a copy of it), " +
          "originalChip (the chip that the State issued), " +
          "authenticDocument (the State's data, in a chip that may be a copy) or verifiedDocument (in no copy)",
      ),
    nisOnly: z
      .literal("acceptsCopiedNumbers")
      .describe(
        "exactly acceptsCopiedNumbers: at level identifier anyone who once stood near a card can copy its number",
      ),
  }).readonly(),
  section({ ...doorShape, level: z.literal("documentSeal"), sealOnly: sealOnlySchema }).readonly(),
  section({
    ...doorShape,
    level: z.literal("originalChip"),
    sealOnly: sealOnlySchema.exactOptional(),
    enrolment: oneOf(
      ["never", "listed"],
      "whether a card of a listed holder without a pinned chip is examined and enrolled at the door",
    ).default("never"),
  }).readonly(),
  section({
    ...doorShape,
    level: z.literal("authenticDocument"),
    sealOnly: sealOnlySchema.exactOptional(),
  }).readonly(),
  section({
    ...doorShape,
    level: z.literal("verifiedDocument"),
    sealOnly: sealOnlySchema.exactOptional(),
  }).readonly(),
]);

const boardSchema = z.discriminatedUnion("kind", [
  section({ kind: z.literal("raspberryPi").describe("raspberryPi or virtual") }).readonly(),
  section({
    kind: z.literal("virtual"),
    socket: absolutePath("the simulator's Unix socket"),
  }).readonly(),
]);

const noticeSchema = section({
  version: wholeNumber(1, 1_000_000, "raised whenever the text changes"),
  it: sentence("the notice to the holder in Italian"),
  fr: sentence("the notice to the holder in French"),
  en: sentence("the notice to the holder in English"),
}).readonly();

export const mqttSchema = section({
  url: text(
    /^mqtts?:\/\/(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?$/,
    "mqtts://host:port (mqtt:// only to this machine), without user, password or path",
  ).refine((url) => URL.canParse(url)),
  caFile: absolutePath("the certificate of the authority that signed the broker's, in PEM").exactOptional(),
  userFile: absolutePath("the file that holds the broker user").exactOptional(),
  passwordFile: absolutePath("the file that holds the broker password").exactOptional(),
  prefix: text(
    /^[a-z0-9][a-z0-9-]{0,62}(?:\/[a-z0-9][a-z0-9-]{0,62}){0,3}$/,
    "the topic prefix, for example acs/v1",
  ).default("acs/v1"),
}).readonly();

/** Which signatures of states count, beside what the trust store holds. */
const trustSchema = section({
  laboratory: z
    .literal("acceptsTestCards")
    .describe(
      "exactly acceptsTestCards: cards of test authorities, which anyone can get, then prove as much as real ones",
    )
    .exactOptional(),
  crl: oneOf(
    ["warn", "require"],
    "what happens to a card whose country has no current revocation list in the trust store",
  ).default("warn"),
}).readonly();

export const configSchema = section({
  site: name("the site"),
  gate: name("this gate, unique in the whole fleet"),
  notice: noticeSchema,
  scope: name("the purpose within which pseudonyms can be linked"),
  siteKey: section({
    id: name("the key's name, written beside each pseudonym"),
    file: absolutePath("the file that holds the 32-byte site key"),
  }).readonly(),
  stateDirectory: absolutePath("where journal, credentials and pin map are kept").default("/var/lib/varco"),
  retentionDays: wholeNumber(
    1,
    MOST_RETENTION_DAYS,
    "days until the personal part of a journal row is erased",
  ).default(30),
  board: boardSchema,
  timeZone: timeZoneSchema.exactOptional(),
  calendar: calendarSchema.default({}),
  schedules: schedulesSchema.default({}),
  unsyncedClock: unsyncedClockSchema.default("lastKnown"),
  maxSkewS: wholeNumber(
    1,
    MOST_SKEW_S,
    "seconds by which the clock may be thought wrong before it is untrusted",
  ).default(USUAL_SKEW_S),
  doors: z.array(doorSchema).min(1).max(MOST_DOORS).readonly().describe(`a list of 1 to ${MOST_DOORS} doors`),
  mqtt: mqttSchema.exactOptional(),
  trust: trustSchema.prefault({}),
  log: section({
    level: oneOf(
      ["trace", "debug", "info", "warn", "error"],
      "the least important line that is written",
    ).default("info"),
  })
    .readonly()
    .prefault({}),
}).readonly();

/** The configuration of one gate, complete with defaults. */
export type Config = z.infer<typeof configSchema>;
export type DoorConfig = Config["doors"][number];
export type RelayConfig = DoorConfig["relay"];
export type SignalConfig = NonNullable<DoorConfig["green"]>;
export type DocumentConfig = NonNullable<DoorConfig["document"]>;
export type EntryDeviceConfig = NonNullable<DocumentConfig["keypad"]>;
export type ReaderConfig = DoorConfig["reader"];
export type BoardConfig = Config["board"];
export type TrustConfig = Config["trust"];
export type MqttConfig = NonNullable<Config["mqtt"]>;

/** The schema of what may be written into the file, as JSON Schema 2020-12. */
export const configJsonSchema = () => z.toJSONSchema(configSchema, { io: "input" });
