/**
 * Rules between what a door demands and the rest: which levels go together, that a step-up steps up, that it names groups
 * and schedules that there are, that documents are described where they can be demanded and nowhere else, and that seals have a
 * scanner and can find somebody. Like all rules between fields they look at whatever is right by itself.
 */
import { type Level, STRONGEST_FIRST } from "../identity/proofs.ts";
import { type ConfigPath, describeFound, errorAt, type Finding, unknownName } from "./config-problem.ts";
import { groupIn, listIn, type RawSection, sectionIn } from "./raw-part.ts";

/** Findings about accepted levels, step-ups and the section on documents, of each door. */
export function demandFindings(root: RawSection): readonly Finding[] {
  const schedules = Object.keys(sectionIn(root["schedules"]));
  return listIn(root["doors"]).flatMap((raw, index) => {
    const place: DoorPlace = { path: ["doors", index], door: sectionIn(raw) };
    return [
      ...acceptanceFindings(place),
      ...stepUps(place).flatMap((step) => [
        ...nameFindings(step, place, schedules),
        ...strengthFindings(step, place),
      ]),
      ...documentFindings(place),
      ...sealFindings(place),
    ];
  });
}

interface DoorPlace {
  readonly path: ConfigPath;
  readonly door: RawSection;
}

interface StepPlace {
  readonly path: ConfigPath;
  readonly step: RawSection;
}

const stepUps = ({ path, door }: DoorPlace): readonly StepPlace[] =>
  listIn(door["stepUp"]).map((step, index) => ({
    path: [...path, "stepUp", index],
    step: sectionIn(step),
  }));

const levelIn = (value: unknown): Level | undefined => STRONGEST_FIRST.find((level) => level === value);

function acceptanceFindings({ path, door }: DoorPlace): readonly Finding[] {
  const place = [...path, "alsoAccepts"];
  const accepted = listIn(door["alsoAccepts"]);
  if (door["level"] === "identifier" && accepted.length > 0) {
    const allowed = "no other level beside identifier, since whoever copies a number passes by that anyway";
    return [
      errorAt(
        place,
        describeFound(place, accepted),
        allowed,
        "remove alsoAccepts, or set level to one of them",
      ),
    ];
  }
  return accepted.flatMap((level, index) => {
    const isRepeated = level === door["level"] || accepted.indexOf(level) < index;
    if (!isRepeated || levelIn(level) === undefined) return [];
    const where = [...place, index];
    return [
      errorAt(where, `${describeFound(where, level)} again`, "a level once for each door", "remove it"),
    ];
  });
}

function nameFindings(
  { path, step }: StepPlace,
  { door }: DoorPlace,
  schedules: readonly string[],
): readonly Finding[] {
  const admitted = listIn(door["groups"])
    .map(groupIn)
    .filter((group) => group !== undefined);
  const { schedule } = step;
  return [
    ...(typeof schedule === "string"
      ? unknownName([...path, "schedule"], schedule, schedules, "schedules")
      : []),
    ...listIn(step["groups"]).flatMap((group, index) =>
      typeof group === "string"
        ? unknownName([...path, "groups", index], group, admitted, "the door's groups")
        : [],
    ),
  ];
}

/** In place of all that the door accepts: not less than the strongest of it, and not the very same. */
function strengthFindings({ path, step }: StepPlace, { door }: DoorPlace): readonly Finding[] {
  const demanded = levelIn(step["level"]);
  const own = [door["level"], ...listIn(door["alsoAccepts"])].map(levelIn);
  // A level with a mistake in it may be any; that a step-up to what can be copied is one has been said.
  if (demanded === undefined || COPYABLE.has(demanded) || own.includes(undefined)) return [];
  const strongest = STRONGEST_FIRST.find((level) => own.includes(level));
  if (strongest === undefined) return [];
  const isSame = demanded === strongest && own.every((level) => level === demanded);
  if (!isSame && strength(demanded) >= strength(strongest)) return [];
  const place = [...path, "level"];
  const allowed = own.length === 1 ? `more than the door's own ${strongest}` : `${strongest} or more`;
  return [errorAt(place, describeFound(place, demanded), allowed, "demand more here, or less at the door")];
}

const COPYABLE: ReadonlySet<Level> = new Set<Level>(["identifier", "documentSeal"]);

const strength = (level: Level): number => -STRONGEST_FIRST.indexOf(level);

const OF_DOCUMENTS: ReadonlySet<Level | undefined> = new Set<Level>([
  ...(["documentSeal", "authenticDocument", "verifiedDocument"] as const),
]);

/** What the door grants on without a step-up. */
const ownLevels = ({ door }: DoorPlace): readonly unknown[] => [
  door["level"],
  ...listIn(door["alsoAccepts"]),
];

function documentFindings(place: DoorPlace): readonly Finding[] {
  const { path, door } = place;
  const levels = [...ownLevels(place), ...stepUps(place).map(({ step }) => step["level"])].map(levelIn);
  const demanded = levels.find((level) => OF_DOCUMENTS.has(level));
  const where = [...path, "document"];
  const section = door["document"];
  if (demanded !== undefined && section === undefined) {
    const allowed = `a section on how documents are read, since the door can demand ${demanded}`;
    const remedy =
      demanded === "documentSeal"
        ? "add document, with the scanner that reads seals"
        : "add document; {} is enough where all cards are enrolled";
    return [errorAt(where, "nothing", allowed, remedy)];
  }
  // A level with a mistake in it may be the one that needs the section.
  if (demanded !== undefined || section === undefined || levels.includes(undefined)) return [];
  const allowed = "nothing at a door that never demands a document";
  const remedy = "remove it, or demand authenticDocument or verifiedDocument";
  return [errorAt(where, describeFound(where, section), allowed, remedy)];
}

/** A seal alone is taken by an operator's word, a seal beside the chip is asked for, and both are shown to a scanner. */
function sealFindings(place: DoorPlace): readonly Finding[] {
  const isAlone = ownLevels(place).includes("documentSeal");
  const isDemanded = sectionIn(place.door["document"])["seal"] === "demanded";
  return [
    ...(isAlone ? acceptedSealFindings(place) : refusedSealFindings(place)),
    ...(isAlone && isDemanded ? [needlessSeal(place)] : []),
    ...(isAlone ? matchFindings(place) : []),
    ...(isAlone || isDemanded ? scannerFindings(place) : []),
  ];
}

/** At a door of that very level the schema itself asks for it. */
function acceptedSealFindings({ path, door }: DoorPlace): readonly Finding[] {
  if (door["level"] === "documentSeal" || door["level"] === "identifier") return [];
  if (door["sealOnly"] !== undefined) return [];
  const allowed =
    "acceptsCopiedSeals, since the door accepts documentSeal, which whoever photographed a seal can show";
  const remedy = "add sealOnly: acceptsCopiedSeals, or do not accept documentSeal";
  return [errorAt([...path, "sealOnly"], "nothing", allowed, remedy)];
}

/** At a door of numbers the schema knows no such key, and at one whose level is a mistake it may be right. */
function refusedSealFindings({ path, door }: DoorPlace): readonly Finding[] {
  const level = levelIn(door["level"]);
  if (door["sealOnly"] === undefined || level === undefined || level === "identifier") return [];
  const where = [...path, "sealOnly"];
  const found = describeFound(where, door["sealOnly"]);
  return [errorAt(where, found, "nothing at a door that does not accept documentSeal", "remove it")];
}

const needlessSeal = ({ path }: DoorPlace): Finding =>
  errorAt(
    [...path, "document", "seal"],
    '"demanded"',
    "ignored at a door that takes a seal alone: what whoever copied it can show proves no more beside a chip",
    "remove it, or do not take seals alone",
  );

/** What a seal of today says of nobody: never a fiscal code, and no date of birth, without which a name finds nobody. */
const IN_NO_SEAL: ReadonlySet<unknown> = new Set(["fiscalCode", "name"]);

/** A word with a mistake in it may be the one that is missed. */
function matchFindings({ path, door }: DoorPlace): readonly Finding[] {
  const match = listIn(sectionIn(door["document"])["match"]);
  if (match.length === 0 || !match.every((word) => IN_NO_SEAL.has(word))) return [];
  const where = [...path, "document", "match"];
  const allowed =
    "document among them at a door that takes seals alone: a seal says the number of its document, but no fiscal code, and as a rule no date of birth to go with the name";
  const remedy =
    "add document, and list the holders by issuer and document_number, or do not take seals alone";
  return [errorAt(where, `only ${match.join(" and ")}`, allowed, remedy)];
}

function scannerFindings({ path, door }: DoorPlace): readonly Finding[] {
  const section = door["document"];
  if (section === undefined || sectionIn(section)["scanner"] !== undefined) return [];
  const where = [...path, "document", "scanner"];
  return [errorAt(where, "nothing", "the scanner to which seals are shown", "add scanner")];
}
