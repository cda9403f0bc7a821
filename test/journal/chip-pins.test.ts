import { describe, expect, test } from "vitest";
import { ChipPinStore } from "../../src/journal/chip-pin-store.ts";
import { type ChipEnrolment, CredentialRegister } from "../../src/journal/credential-register.ts";
import { CredentialRows } from "../../src/journal/credential-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { runRetention } from "../../src/journal/retention.ts";
import type { ChipPin } from "../../src/ports/chip-pins.ts";
import type { DocumentEnrolment } from "../../src/ports/document-enrolments.ts";
import type { NewEvent } from "../../src/ports/journal.ts";
import { cardKey } from "../../src/sim/pki/test-key.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

const chip = (key: number, generation: ChipPin["generation"] = 2): ChipPin => ({
  publicKey: cardKey(key).publicKey,
  generation,
  signer: "AB".repeat(32),
});
const owner = (number: number) => ({ pseudonym: holder(number), keyId: "k1" });
const PINNED: NewEvent = { type: "acs.config.chipPinned", data: { replaced: false } };

function open(world = new TemporaryJournal()) {
  const pins = good(ChipPinStore.open(world.database, world.journal, world.clock));
  const register = good(CredentialRegister.open(world.database, world.journal, world.clock));
  return {
    world,
    pins,
    register,
    store: good(CredentialStore.open(world.database)),
    pinOf: (number: number) => good(pins.pinOf(holder(number))),
    types: () => good(world.journal.read(0, 100)).map(({ type }) => type),
    /** Lets a retention run happen this many days later. */
    erase: async (days: number) => {
      await world.timeline.run(world.timeline.nowUs() + days * DAY_MS * 1_000);
      const { database, journal, clock } = world;
      const options = { database, journal, clock, retentionMs: 90 * DAY_MS, delivery: "none" } as const;
      return good(await world.timeline.resolve(runRetention({ ...options, clockState: () => "synced" })));
    },
  };
}

const order = (number: number, pin: ChipPin, more: Partial<ChipEnrolment> = {}): ChipEnrolment => ({
  holder: owner(number),
  pin,
  replace: false,
  pinned: (replaced) => ({ type: "acs.config.chipPinned", data: { replaced } }),
  otherKey: () => ({ type: "acs.security.chipKeyChanged", data: {} }),
  ...more,
});

describe("a gate that pins on the fly", () => {
  test.each([1, 2, "other"] as const)(
    "finds what it pinned, generation %s, and the row is with it",
    async (generation) => {
      const { pins, pinOf, types } = open();
      expect(pinOf(1)).toBeUndefined();
      expect(good(await pins.pin(owner(1), chip(1, generation), [PINNED]))).toBe("pinned");
      expect(pinOf(1)).toEqual(chip(1, generation));
      expect(pinOf(2)).toBeUndefined();
      expect(types()).toEqual(["acs.config.chipPinned"]);
    },
  );

  test("writes nothing for a chip that is pinned already, nor for another one", async () => {
    const { pins, pinOf, types } = open();
    good(await pins.pin(owner(1), chip(1), [PINNED]));
    expect(good(await pins.pin(owner(1), chip(1), [PINNED]))).toBe("alreadyPinned");
    expect(good(await pins.pin(owner(1), chip(2), [PINNED]))).toBe("otherKey");
    expect(pinOf(1)).toEqual(chip(1));
    expect(types()).toHaveLength(1);
  });
});

describe("a desk", () => {
  test("pins and admits in one step", async () => {
    const { register, store, pinOf, types } = open();
    expect(good(await register.enrol(order(1, chip(1), { entry: enrolment(1) })))).toBe("pinned");
    expect(pinOf(1)).toEqual(chip(1));
    expect(good(store.standing(holder(1))).credential?.group).toBe("members");
    expect(types()).toEqual(["acs.config.chipPinned", "acs.config.credentials"]);
  });

  test("another chip is an alarm: not pinned, and its holder is not admitted", async () => {
    const { register, store, pinOf, types } = open();
    good(await register.enrol(order(1, chip(1))));
    expect(good(await register.enrol(order(1, chip(2), { entry: enrolment(1) })))).toBe("otherKey");
    expect(pinOf(1)).toEqual(chip(1));
    expect(good(store.standing(holder(1))).credential).toBeUndefined();
    expect(types()).toEqual(["acs.config.chipPinned", "acs.security.chipKeyChanged"]);
  });

  test("it takes the other's place by the operator's word, which is on record", async () => {
    const { world, register, pinOf } = open();
    good(await register.enrol(order(1, chip(1))));
    expect(good(await register.enrol(order(1, chip(2), { replace: true })))).toBe("pinned");
    expect(pinOf(1)).toEqual(chip(2));
    expect(good(world.journal.read(1, 10)).map(({ data }) => data)).toEqual([{ replaced: true }]);
  });
});

describe("the document side of an enrolled card", () => {
  const sealedCan = new Uint8Array(34).fill(9);
  const document = holder(900);
  const event: NewEvent = { type: "acs.config.documentEnrolled", data: {} };
  const kept = (of: DocumentEnrolment) => ({ document: { kept: of, event } });

  test("comes in one step with its row, also to a chip that is pinned already", async () => {
    const { register, types } = open();
    good(await register.enrol(order(1, chip(1), kept({ sealedCan }))));
    good(await register.enrol(order(1, chip(1), kept({ document }))));
    good(await register.enrol(order(1, chip(2), kept({ document }))));
    expect(types()).toEqual([
      "acs.config.chipPinned",
      "acs.config.documentEnrolled",
      "acs.config.documentEnrolled",
      "acs.security.chipKeyChanged",
    ]);
  });

  test("is what was enrolled of it: nothing, the access number alone, or both", async () => {
    const { register, pins } = open();
    good(await register.enrol(order(1, chip(1))));
    good(await register.enrol(order(2, chip(2), kept({ sealedCan }))));
    good(await register.enrol(order(3, chip(3), kept({ sealedCan, document }))));
    expect([1, 2, 3, 4].map((number) => good(pins.enrolmentOf(holder(number))))).toEqual([
      undefined,
      { sealedCan },
      { sealedCan, document },
      undefined,
    ]);
  });

  test("is not touched by a second enrolment that knows nothing of it, and not kept with another chip", async () => {
    const { register, pins } = open();
    good(await register.enrol(order(1, chip(1), kept({ sealedCan, document }))));
    good(await register.enrol(order(1, chip(1))));
    expect(good(pins.enrolmentOf(holder(1)))).toEqual({ sealedCan, document });
    good(await register.enrol(order(1, chip(2), kept({ sealedCan: new Uint8Array(34) }))));
    expect(good(pins.enrolmentOf(holder(1)))).toEqual({ sealedCan, document });
    good(await register.enrol(order(1, chip(2), { replace: true })));
    expect(good(pins.enrolmentOf(holder(1)))).toBeUndefined();
  });

  test("goes with the pin", async () => {
    const { register, pins, erase } = open();
    const validUntil = instant(NOON + DAY_MS);
    const entry = enrolment(1, { validUntil });
    good(await register.enrol(order(1, chip(1), { entry, ...kept({ sealedCan, document }) })));
    await erase(32);
    expect(good(pins.enrolmentOf(holder(1)))).toBeUndefined();
  });

  test("that is damaged is an error, never a card without one", async () => {
    const { world, register, pins } = open();
    good(await register.enrol(order(1, chip(1), kept({ sealedCan, document }))));
    for (const damage of ["document = x'00'", "document = 'text'"]) {
      world.database.connection.exec(`UPDATE chip_pin SET ${damage}`);
      expect(pins.enrolmentOf(holder(1))).toMatchObject({ ok: false, error: { kind: "corrupt" } });
    }
  });
});

describe("how long a pin is kept", () => {
  test("as long as the credential, and erased with it", async () => {
    const { register, pins, pinOf, erase } = open();
    good(await register.admit(enrolment(1, { validUntil: instant(NOON + DAY_MS) })));
    good(await pins.pin(owner(1), chip(1), []));
    await erase(30);
    expect(pinOf(1)).toEqual(chip(1));
    await erase(2);
    expect(pinOf(1)).toBeUndefined();
  });

  test("who is taken off the list and put back has to come with his chip", async () => {
    const { register, pins, pinOf, erase } = open();
    good(await register.admit(enrolment(1)));
    good(await pins.pin(owner(1), chip(1), []));
    good(await register.revoke({ displayTag: "card#0001" }));
    await erase(1);
    expect(pinOf(1)).toEqual(chip(1));
    good(await register.admit(enrolment(1)));
    await erase(60);
    expect(pinOf(1)).toEqual(chip(1));
  });

  test("an import that was killed before it counted keeps nothing", async () => {
    const { world, register, pins, pinOf, erase } = open();
    good(await register.admit(enrolment(1)));
    good(await pins.pin(owner(1), chip(1), []));
    good(await register.revoke({ displayTag: "card#0001" }));
    const rows = new CredentialRows(world.database.connection);
    rows.stage(enrolment(1), 1_000_000);
    await erase(1);
    await erase(31);
    expect(pinOf(1)).toBeUndefined();
  });

  test("one that counts brings the holder back with his chip", async () => {
    const { world, register, pins, pinOf, erase } = open();
    good(await register.admit(enrolment(1)));
    good(await pins.pin(owner(1), chip(1), []));
    good(await register.revoke({ displayTag: "card#0001" }));
    await erase(1);
    const signal = new AbortController().signal;
    const surroundings = { clock: world.clock, signal, neighbours: async () => "none" as const };
    good(await world.timeline.resolve(register.import([enrolment(1)], surroundings)));
    await erase(60);
    expect(pinOf(1)).toEqual(chip(1));
  });

  test("thirty days after its holder is on no list any more it is erased", async () => {
    const { register, pins, pinOf, erase } = open();
    good(await register.admit(enrolment(1)));
    good(await pins.pin(owner(1), chip(1), []));
    good(await register.revoke({ displayTag: "card#0001" }));
    await erase(1);
    await erase(29);
    expect(pinOf(1)).toEqual(chip(1));
    await erase(2);
    expect(pinOf(1)).toBeUndefined();
  });
});

test("a damaged row is an error, never a number without a chip", async () => {
  const { world, pins } = open();
  good(await pins.pin(owner(1), chip(1), []));
  for (const damage of [
    "public_key = x''",
    "public_key = zeroblob(270)",
    "generation = 7",
    "signer = x'00'",
  ]) {
    world.database.connection.exec(`UPDATE chip_pin SET ${damage}`);
    expect(pins.pinOf(holder(1))).toMatchObject({ ok: false, error: { kind: "corrupt" } });
  }
});
