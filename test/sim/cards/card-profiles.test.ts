import { describe, expect, test } from "vitest";
import { CARD_PROFILES, cardOfProfile, identityOf } from "../../../src/sim/cards/card-profiles.ts";
import { makeCard } from "../../../src/sim/cards/make-card.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";

/** What lies on a reader that was given this profile and seed. */
function identity(profile: string, seed: number): Readonly<Record<string, string>> | undefined {
  const random = new SeededRandom(seed);
  const spec = cardOfProfile(profile, random);
  if (spec === undefined) return undefined;
  const { card } = makeCard(spec);
  card.enterField(random);
  return identityOf(card);
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed);

describe.each(CARD_PROFILES.filter((name) => name !== "none"))("%s", (profile) => {
  test("has the same numbers for the same seed", () => {
    expect(identity(profile, 3)).toEqual(identity(profile, 3));
  });

  test("has other numbers for another seed, with lengths that its kind has", () => {
    const seen = seeds.map((seed) => identity(profile, seed));
    expect(new Set(seen.map((each) => each?.["uid"] ?? each?.["atqb"])).size).toBe(seeds.length);
    for (const each of seen) {
      if (profile === "cie-b")
        expect(each).toEqual({ atqb: expect.stringMatching(/^50[0-9A-F]{22}$/) as string });
      else expect(each?.["uid"]).toMatch(profile === "payment" ? /^04[0-9A-F]{12}$/ : /^[0-9A-F]{8}$/);
    }
  });

  test("announces ISO-DEP by SAK exactly when it has an ATS, which differs from run to run", () => {
    const seen = seeds.map((seed) => identity(profile, seed));
    if (profile === "cie-b") return;
    const layer4 = (Number.parseInt(seen[0]?.["sak"] ?? "", 16) & 0x20) !== 0;
    expect(new Set(seen.map((each) => each?.["ats"])).size).toBe(layer4 ? 4 : 1);
    expect(seen[0]?.["ats"] === undefined).toBe(!layer4);
  });
});

test("a random UID begins with 08, a fixed one with neither 08 nor the cascade tag", () => {
  for (const seed of seeds) {
    expect(identity("phone", seed)?.["uid"]).toMatch(/^08/);
    expect(identity("transit", seed)?.["uid"]).not.toMatch(/^(08|88)/);
  }
});

test("none is no card, and so is a name that is no profile", () => {
  expect([identity("none", 1), identity("cow", 1)]).toEqual([undefined, undefined]);
});
