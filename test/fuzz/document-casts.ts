/** The documents of the campaign: every kind, opened in every way that it can be, and read to the end. */
import type { PaceMapping } from "../../src/emrtd/security-infos.ts";
import { canBefall } from "../../src/sim/emrtd/documents/content-faults.ts";
import { PROFILE_NAMES } from "./document-corpus.ts";
import type { Cast } from "./document-lies.ts";
import { type Recording, record, type Scene } from "./document-recording.ts";
import { replay } from "./document-replay.ts";
import { noteSteps } from "./document-replay-chip.ts";

/** A document with this oddity is opened by BAC. */
const NO_PACE = "cardAccessOther";
const IM: readonly PaceMapping[] = ["ECDH-IM"];
const GM: readonly PaceMapping[] = ["ECDH-GM"];
const SEED = 7;

/** Besides each in its usual way: BAC, which is cheap, to whatever comes behind access; the other mappings; all files. */
function scenes(): readonly Scene[] {
  const base = { password: "any", wanted: [] } as const;
  const ordinary = PROFILE_NAMES.map((profile): Scene => {
    return { ...base, name: profile, spec: { card: "emrtd", profile } };
  });
  const withPace = PROFILE_NAMES.filter((profile) => canBefall(NO_PACE, profile));
  const byBac = withPace.map((profile): Scene => {
    const spec = { card: "emrtd", profile, fault: NO_PACE } as const;
    return { ...base, name: `${profile} by BAC`, spec, password: "MRZ" };
  });
  const others: readonly Scene[] = [
    { ...base, name: "cnie by IM", spec: { card: "emrtd", profile: "cnie" }, preference: IM },
    { ...base, name: "passport-de by GM", spec: { card: "emrtd", profile: "passport-de" }, preference: GM },
    {
      ...{ ...base, name: "passport-bac with a long key", wanted: ["DG7"] },
      spec: { card: "emrtd", profile: "passport-bac", fault: "activeKeyLong" },
    },
    {
      ...{ ...base, name: "cie with all groups", wanted: ["DG11", "DG12"] },
      spec: { card: "emrtd", profile: "cie", fault: NO_PACE },
      password: "MRZ",
    },
    {
      ...{ ...base, name: "passport-us with the face", wanted: ["DG2", "DG11", "DG12"] },
      spec: { card: "emrtd", profile: "passport-us" },
    },
    {
      ...{ ...base, name: "passport-aa with all groups", wanted: ["DG11", "DG12", "DG13"] },
      spec: { card: "emrtd", profile: "passport-aa", fault: NO_PACE },
      password: "MRZ",
    },
  ];
  return [...ordinary, ...ordinary, ...byBac, ...others];
}

/** Records each scene twice, with different random numbers, and sees that the replay ends as the reading did. */
export async function makeCasts(): Promise<readonly Cast[]> {
  const pairs = new Map<string, readonly [Recording, Recording]>();
  for (const [index, scene] of scenes().entries()) {
    if (pairs.has(scene.name)) continue;
    // Chance of their own for each, since two documents of one holder would otherwise agree on the same keys by BAC.
    const seed = SEED + 2 * index;
    const recording = await record(scene, seed);
    const { result, chip } = await replay(recording, undefined);
    if (!result.ok) throw new Error(`${scene.name}: the replay is refused, ${JSON.stringify(result.error)}`);
    noteSteps(recording, chip);
    pairs.set(scene.name, [recording, await record(scene, seed + 1)]);
  }
  const all = [...pairs.values()].map(([recording]) => recording);
  return scenes().flatMap(({ name }) => {
    const [recording, otherSession] = pairs.get(name) ?? [];
    if (recording === undefined || otherSession === undefined) return [];
    const otherCards = all.filter(({ spec }) => spec.profile !== recording.spec.profile);
    return [{ recording, otherSession, otherCards }];
  });
}
