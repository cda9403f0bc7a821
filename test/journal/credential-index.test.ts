// The array of credentials alone: what goes in comes out, in whatever order, and nothing else does.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CredentialIndex, type IndexEntry } from "../../src/journal/credential-index.ts";
import { instant } from "../../src/time/time.ts";
import { holder } from "./enrolment.ts";
import { NOON } from "./temporary-journal.ts";

const members: IndexEntry = { denyListed: false, credential: { group: "members", enabled: true } };

describe("one holder", () => {
  test("who was never put is on no list", () => {
    expect(new CredentialIndex().find(holder(1))).toEqual({ denyListed: false });
  });

  test("comes back as it was put, to the millisecond, and replaced as it was put last", () => {
    const index = new CredentialIndex();
    const dated = { validFrom: NOON, validUntil: instant(NOON + 1) };
    index.put(holder(1), { denyListed: false, credential: { group: "staff", enabled: false, ...dated } });
    expect(index.find(holder(1))).toEqual({
      denyListed: false,
      credential: { pseudonym: holder(1), group: "staff", enabled: false, ...dated },
    });
    index.put(holder(1), { denyListed: true });
    expect(index.find(holder(1))).toEqual({ denyListed: true });
    expect(index.count).toBe(1);
  });

  test("removed is forgotten, and removing a stranger does nothing", () => {
    const index = new CredentialIndex();
    index.put(holder(1), members);
    index.remove(holder(2));
    index.remove(holder(1));
    expect([index.find(holder(1)), index.count]).toEqual([{ denyListed: false }, 0]);
  });
});

test("more groups than there are numbers for are refused, known ones go on", () => {
  const index = new CredentialIndex();
  const put = (number: number, group: string) =>
    index.put(holder(number), { denyListed: false, credential: { group, enabled: true } });
  for (let number = 0; number < 65_536; number++) put(number, `g${number}`);
  expect(put(70_000, "one-more")).toBe(false);
  expect(index.find(holder(70_000))).toEqual({ denyListed: false });
  expect(put(70_000, "g65535")).toBe(true);
  expect(index.find(holder(65_535)).credential?.group).toBe("g65535");
});

/** Few different keys, so that puts and removals meet; close to one another and far apart. */
const key = fc
  .tuple(fc.constantFrom(0, 1, 0x3f, 0x40, 0xff), fc.constantFrom(0, 0x3f, 0x40, 0xff), fc.nat({ max: 8 }))
  .map(([first, second, last]) => new Uint8Array(32).fill(first, 0, 1).fill(second, 1, 2).fill(last, 15, 16));

test("after any puts and removals it answers as a map would", () => {
  const change = fc.record({ key, put: fc.boolean(), group: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
      const index = new CredentialIndex();
      const model = new Map<string, string>();
      for (const { key: pseudonym, put, group } of changes) {
        if (put) index.put(pseudonym, { denyListed: false, credential: { group, enabled: true } });
        else index.remove(pseudonym);
        if (put) model.set(pseudonym.join(), group);
        else model.delete(pseudonym.join());
      }
      for (const { key: pseudonym } of changes)
        expect(index.find(pseudonym).credential?.group).toBe(model.get(pseudonym.join()));
      expect(index.count).toBe(model.size);
    }),
  );
});
