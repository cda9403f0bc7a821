/** The files that hostile ones are made of: all that the virtual documents hold, the odd ones among them. */
import { toHex } from "../../src/bytes/hex.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { CONTENT_FAULTS, canBefall, outcomeOf } from "../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { PROFILES, type ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";

/** Tag of DG3, which nobody here reads. */
const FINGERPRINTS = 0x63;
/** Photographs of either record are among those that are no longer; longer ones take time and hold nothing new. */
const LONGEST = 12_500;

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);
export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES).filter(isProfile);

/** As many of each kind, so that the few kinds of which there are many, or long ones, do not take all the time. */
export function documentFiles(): readonly Uint8Array[] {
  const kinds = new Map<number, Uint8Array[]>();
  for (const file of differentFiles()) kinds.set(file[0] ?? 0, [...(kinds.get(file[0] ?? 0) ?? []), file]);
  const most = Math.max(...[...kinds.values()].map(({ length }) => length));
  return Array.from({ length: most }, (_, index) =>
    [...kinds.values()].flatMap((files) => files[index % files.length] ?? []),
  ).flat();
}

/** Each file once; a document that a gate has to read although it is odd adds those in which it is. */
function differentFiles(): readonly Uint8Array[] {
  const contents = [...PROFILE_NAMES.map((profile) => contentOf(profile)), ...oddContents()];
  const files = contents.flatMap(({ masterFile, application }) => [
    ...masterFile.values(),
    ...application.values(),
  ]);
  const isKept = (file: Uint8Array) => file[0] !== FINGERPRINTS && file.length <= LONGEST;
  return [...new Map(files.filter(isKept).map((file) => [toHex(file), file])).values()];
}

/** One document of each kind: what is odd about it is the same in all profiles. */
const oddContents = (): readonly ChipContent[] =>
  CONTENT_FAULTS.filter((fault) => outcomeOf(fault) === "read").map((fault) =>
    contentOf(PROFILE_NAMES.find((name) => canBefall(fault, name)) ?? "cnie", { fault }),
  );
