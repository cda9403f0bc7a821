/**
 * The part of a door's schema that tells what it demands beside and beyond its level, and how documents are read at a door
 * that can demand one: where their passwords are entered, which documents are taken, whom they may stand for.
 */
import { z } from "zod";
import { absolutePath, MOST_GROUPS, name, oneOf, section, text } from "./field.ts";

/** What a step-up may demand: nothing that can be copied by whoever has seen it. */
const ABOVE_COPIES = ["originalChip", "authenticDocument", "verifiedDocument"] as const;
/** What may suffice beside a level; a number alone never does. */
const ABOVE_IDENTIFIER = ["documentSeal", ...ABOVE_COPIES] as const;
const MOST_STEP_UPS = 8;
/** More codes than documents bear. */
const MOST_COUNTRIES = 250;
const MATCHES = ["document", "fiscalCode", "name"] as const;
/** Speeds of keypads and scanners; the usual one is that of most, out of the box. */
const ENTRY_BAUDS = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200] as const;
const USUAL_ENTRY_BAUD = 9600;

export const alsoAcceptsSchema = z
  .array(oneOf(ABOVE_IDENTIFIER, "a level that suffices as well as the door's own"))
  .max(ABOVE_IDENTIFIER.length - 1)
  .readonly()
  .describe(`a list of at most ${ABOVE_IDENTIFIER.length - 1} levels beside the door's own`)
  .default([]);

/** The operator's word that he knows what a seal alone is worth. */
export const sealOnlySchema = z
  .literal("acceptsCopiedSeals")
  .describe(
    "exactly acceptsCopiedSeals: by a seal alone passes whoever once photographed the back of a listed holder's card",
  );

export const stepUpSchema = z
  .array(
    section({
      level: oneOf(ABOVE_COPIES, "what is demanded in place of the door's own levels"),
      schedule: name("the schedule in whose times it is demanded").exactOptional(),
      groups: z
        .array(name("a group of which it is demanded"))
        .min(1)
        .max(MOST_GROUPS)
        .readonly()
        .describe(`a list of 1 to ${MOST_GROUPS} groups of which it is demanded`)
        .exactOptional(),
    }).readonly(),
  )
  .max(MOST_STEP_UPS)
  .readonly()
  .describe(
    `a list of at most ${MOST_STEP_UPS} step-ups with level, schedule and groups; the first that holds counts`,
  )
  .default([]);

/** Where something is typed or scanned: a keyboard to Linux, or a serial line. */
export const entryDeviceSchema = (what: string) =>
  z
    .union([
      section({
        device: text(
          /^\/dev\/input\/(?:event\d{1,3}|by-(?:id|path)\/[^/\0\r\n]{1,255})$/,
          `${what} as an input device: /dev/input/eventN, or better a link below /dev/input/by-id`,
        ),
      }).readonly(),
      section({
        serial: section({
          node: absolutePath(`the serial port of ${what}`),
          baud: z
            .literal(ENTRY_BAUDS)
            .describe(`the speed of the serial line in bit/s: ${ENTRY_BAUDS.join(" or ")}`)
            .default(USUAL_ENTRY_BAUD),
        }).readonly(),
      }).readonly(),
    ])
    .describe(`${what}: { device: PATH } or { serial: { node: PATH, baud: SPEED } }`);

/** Documents write Germany's code with one letter; whoever writes the code of ISO 3166 means the same. */
const country = text(
  /^(?:[A-Z]{3}|D)$/,
  "a country's code as its documents bear it: three capital letters, or D for Germany",
).transform((code) => (code === "DEU" ? "D" : code));

export const documentSchema = section({
  keypad: entryDeviceSchema("the keypad, at which holders type a document's six digits").exactOptional(),
  scanner: entryDeviceSchema(
    "the scanner, which reads a document's machine readable zone, or its seal",
  ).exactOptional(),
  match: z
    .array(oneOf(MATCHES, "by what of a document its holder is looked for on the lists"))
    .min(1)
    .max(MATCHES.length)
    .refine((words) => new Set(words).size === words.length)
    .readonly()
    .describe(`a list of 1 to ${MATCHES.length} different ones of ${MATCHES.join(", ")}`)
    .default(["document"]),
  countries: z
    .array(country)
    .min(1)
    .max(MOST_COUNTRIES)
    .readonly()
    .describe(`a list of 1 to ${MOST_COUNTRIES} countries whose documents are taken`)
    .exactOptional(),
  bac: oneOf(
    ["never", "withoutPace"],
    "whether a document that has nothing better is read by the old BAC, whose traffic can be deciphered later",
  ).default("never"),
  seal: oneOf(
    ["ignored", "demanded"],
    "whether the holder of a document that bears a seal (the French identity card) shows that to the scanner, too",
  ).default("ignored"),
}).readonly();
