/**
 * The chip's own proof, through the whole line in virtual time: honest cards of every family and generation, every
 * attacker, a chip pinned and a chip changed, at readers on SPI and on I2C. The cards and what signed for them are the
 * simulator's, made by code that shares nothing with the gate's.
 */
import { afterEach, describe, expect, test } from "vitest";
import { CIE_ATTACKS, type CieAttackName } from "../../src/sim/cards/cie-attacks.ts";
import { CIE_FAMILY_NAMES } from "../../src/sim/cards/cie-families.table.ts";
import type { CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { instant } from "../../src/time/time.ts";
import { anchorsOf } from "../trust-of-simulator.ts";
import { DOORS, type DoorWiring, MORNING, VirtualGate } from "../world/virtual-gate.ts";

const MEMBER = "123456789012";
const OTHER_MEMBER = "123456789013";
const STRANGER = "999999999999";
const RELAYS_OFF = 0;

let world: VirtualGate | undefined;
afterEach(() => {
  world?.kill();
  world?.remove();
});

const doorOn = (bus: "spi" | "i2c", demands?: DoorWiring["demands"]): DoorWiring => {
  const door = DOORS.find(({ reader }) => reader.bus === bus);
  if (door === undefined) throw new Error(`no door on ${bus}`);
  return demands === undefined ? door : { ...door, demands };
};

/** The alarm of an examination: about the card unless it says otherwise. */
function alarmOf(why: string): string {
  if (why === "") return "";
  return why.includes(" ") ? `security.${why}` : `security.cardNotGenuine ${why}`;
}

class Gate {
  readonly #door: DoorWiring;
  readonly world: VirtualGate;

  static async open(
    door: DoorWiring,
    options: { readonly crl?: "revoked"; readonly store?: "unusable" } = {},
  ): Promise<Gate> {
    world = new VirtualGate({
      seed: 1,
      doors: [door],
      anchors: () => (options.store === undefined ? anchorsOf(options) : undefined),
    });
    await world.start();
    world.admit(MEMBER);
    world.admit(OTHER_MEMBER);
    await world.pass(1_000);
    return new Gate(door, world);
  }

  private constructor(door: DoorWiring, opened: VirtualGate) {
    this.#door = door;
    this.world = opened;
  }

  /** Holds a card to the reader for `forMs`, and returns the rows that came of it, types and reasons. */
  async hold(spec: CieSpec, forMs = 4_000): Promise<readonly string[]> {
    const before = this.world.events().length;
    this.world.board.place(this.#door.reader.node, spec);
    await this.world.pass(forMs);
    this.world.board.remove(this.#door.reader.node);
    await this.world.pass(12_000);
    return this.world
      .events()
      .slice(before)
      .map(({ type, data }) =>
        [type.replace(/^acs\./, ""), data["reason"] ?? data["why"]]
          .filter((word) => word !== undefined)
          .join(" "),
      );
  }

  get openings(): number {
    return this.world.board.pins
      .edges()
      .filter(({ line, level }) => line === this.#door.relayLine && level === "high").length;
  }
}

const cie = (nis: string, change: Partial<CieSpec> = {}): CieSpec => ({
  card: "cie",
  family: "gemalto",
  nis,
  key: 0,
  ...change,
});

describe.each(["spi", "i2c"] as const)("at a reader on %s", (bus) => {
  const enrolling = doorOn(bus, "originalChip, enrolling");

  test.each(CIE_FAMILY_NAMES.flatMap((family) => [1, 2].map((generation) => [family, generation] as const)))(
    "family %s, generation %i: examined and pinned the first time, proven the second",
    async (family, generation) => {
      const gate = await Gate.open(enrolling);
      const card = cie(MEMBER, { family, generation: generation === 1 ? 1 : 2 });
      expect(await gate.hold(card)).toEqual(["config.chipPinned", "access.granted"]);
      expect(await gate.hold(card)).toEqual(["access.granted"]);
      const granted = gate.world.events().filter(({ type }) => type === "acs.access.granted");
      expect(granted[0]?.data["proofs"]).toEqual(["nisRead", "serviceSod", "chipKey"]);
      expect(granted[1]?.data).toMatchObject({ level: "originalChip", proofs: ["nisRead", "chipKey"] });
      expect(granted[1]?.data["chipResponseMs"]).toBeGreaterThan(150);
      expect(gate.openings).toBe(2);
    },
  );

  test.each<[string, Partial<CieSpec>]>([
    ["filler behind every file", { filler: true }],
    ["an Le of 00 that brings 231 bytes", { leZero: 231 }],
    ["6B00 at the end of a file", { eof: "6B00" }],
    ["an exact end of file", { eof: "exact" }],
    ["answers by 61xx", { sw61: true }],
    ["6Cxx for an Le too long", { sw6C: true }],
    ["no extended length", { extended: "6700" }],
    ["at most 100 bytes in an answer", { maxResponse: 100 }],
    ["type B", { type: "B" }],
  ])("a card with %s passes at both generations", async (_what, change) => {
    for (const generation of [1, 2] as const) {
      const gate = await Gate.open(enrolling);
      expect(await gate.hold(cie(MEMBER, { ...change, generation }), 6_000)).toEqual([
        "config.chipPinned",
        "access.granted",
      ]);
      expect(await gate.hold(cie(MEMBER, { ...change, generation }))).toEqual(["access.granted"]);
      gate.world.kill();
      gate.world.remove();
    }
  });

  describe.each([1, 2] as const)("attackers of generation %i", (generation) => {
    /** What each of them is found out by when the chip is examined. */
    const EXAMINED: Readonly<Record<CieAttackName, string>> = {
      nisOnly: "fileRefused",
      ownKey: "keyHashMismatch",
      replay: "responseWrong",
      copiedSod: "nisHashMismatch",
      selfMadeCsca: "signerUnknown noTrustAnchor",
      testCsca: "testSigner",
      foreignCsca: "wrongCountry",
      expiredSigner: "signerExpired",
      revokedSigner: "signerRevoked",
      garbage: "",
      garbageProof: "fileMalformed",
      endless61: "",
      hugeSod: "fileMalformed",
      asn1Bomb: "malformed",
      exponentOne: "keyStrength",
      tinyKey: "keyStrength",
      hugeKey: "fileMalformed",
      echo: "responseWrong",
      shortSignature: "responseLength",
      loosePadding: "responseWrong",
    };

    test.each(CIE_ATTACKS)(
      "%s is refused when it comes to be enrolled, with its own reason",
      async (attack) => {
        const gate = await Gate.open(enrolling, { crl: "revoked" });
        const rows = await gate.hold(cie(MEMBER, { attack, generation }), 8_000);
        expect(gate.openings).toBe(RELAYS_OFF);
        expect(rows.filter((row) => row.startsWith("access.granted") || row.startsWith("config."))).toEqual(
          [],
        );
        const alarm = rows.find((row) => row.startsWith("security."));
        expect(alarm ?? "").toBe(alarmOf(EXAMINED[attack]));
      },
    );

    test.each(CIE_ATTACKS)(
      "%s with a pinned number is refused, and cloneSuspected unless it proved nothing at all",
      async (attack) => {
        const gate = await Gate.open(enrolling);
        expect(await gate.hold(cie(MEMBER, { generation }))).toEqual(["config.chipPinned", "access.granted"]);
        const rows = await gate.hold(cie(MEMBER, { attack, generation, key: 1 }), 8_000);
        expect(gate.openings).toBe(1);
        expect(rows.some((row) => row.startsWith("access.granted"))).toBe(false);
        expect(rows.some((row) => row.startsWith("access.denied"))).toBe(true);
        const readable = attack !== "garbage";
        expect(rows.some((row) => row.startsWith("security.cloneSuspected"))).toBe(readable);
        expect(await gate.hold(cie(MEMBER, { generation }))).toEqual(["access.granted"]);
      },
    );
  });
});

describe("no downgrade", () => {
  test("a number with a chip passes nowhere without it: at a door that asks for the number alone", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    await gate.hold(cie(MEMBER));
    gate.world.kill();
    const lower = new VirtualGate({ seed: 2, doors: [doorOn("spi")], folder: gate.world.folder });
    world = lower;
    await lower.start();
    lower.board.place("/dev/spidev0.0", cie(MEMBER, { attack: "nisOnly" }));
    await lower.pass(2_000);
    lower.board.remove("/dev/spidev0.0");
    await lower.pass(12_000);
    const last = lower.events().at(-1);
    expect(last).toMatchObject({
      type: "acs.access.denied",
      data: { reason: "acs:ChipAuthenticationFailed" },
    });
    lower.board.place("/dev/spidev0.0", cie(MEMBER));
    await lower.pass(2_000);
    expect(lower.events().at(-1)).toMatchObject({
      type: "acs.access.granted",
      data: { level: "originalChip" },
    });
  });

  test("a listed holder without a chip is refused where nobody is enrolled at the door", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip"));
    expect(await gate.hold(cie(MEMBER))).toEqual(["access.denied acs:SecurityLevelTooLow"]);
    expect(gate.openings).toBe(RELAYS_OFF);
  });

  test("a stranger is not examined, so his card is not asked for more than its number", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    expect(await gate.hold(cie(STRANGER))).toEqual(["access.denied CredentialNotFound"]);
    expect(gate.world.events().at(-1)?.data).toMatchObject({ detail: "notExamined", proofs: ["nisRead"] });
  });

  test.each<[string, (world: VirtualGate) => void, string]>([
    ["whose time is over", (w) => w.admit(MEMBER, { validUntil: instant(MORNING) }), "CredentialExpired"],
    ["of a group that is not admitted here", (w) => w.admit(MEMBER, { group: "guests" }), "Unauthorized"],
    ["on the deny list", (w) => w.deny(MEMBER), "acs:DenyListed"],
  ])("nor is the card of a holder %s, who hears the true reason", async (_who, prepare, reason) => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    prepare(gate.world);
    expect(await gate.hold(cie(MEMBER))).toEqual([`access.denied ${reason}`]);
    gate.world.admit(MEMBER);
    expect(await gate.hold(cie(MEMBER))).toEqual(["config.chipPinned", "access.granted"]);
  });

  test("without a trust store that can be used nobody is enrolled, and it is nobody's forgery", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"), { store: "unusable" });
    expect(await gate.hold(cie(MEMBER))).toEqual([
      "security.signerUnknown trustStoreUnusable",
      "access.denied acs:TrustAnchorMissing",
    ]);
  });

  test("after a restart the victim of a copy passes as everybody does whose card may have lain there", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    await gate.hold(cie(MEMBER));
    await gate.hold(cie(MEMBER, { attack: "nisOnly" }), 1_000);
    gate.world.kill();
    await gate.world.start();
    await gate.world.pass(11_000);
    expect(await gate.hold(cie(MEMBER), 1_500)).toEqual(["access.granted"]);
  });

  test("a device that says a pinned number and is gone at each proof is a copy, not a card that slipped away", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    await gate.hold(cie(MEMBER));
    for (let tries = 0; tries < 5; tries++) {
      gate.world.board.place("/dev/spidev0.0", cie(MEMBER, { tearAfterApdu: 4 }));
      await gate.world.pass(300);
      gate.world.board.remove("/dev/spidev0.0");
    }
    await gate.world.pass(3_000);
    const alarms = gate.world.events().filter(({ type }) => type === "acs.security.cloneSuspected");
    expect(alarms.map(({ data }) => data["why"])).toEqual(["silent"]);
    expect(gate.openings).toBe(1);
  });

  test("a copy does not lock out its victim, nor does the victim hide the copy", async () => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    await gate.hold(cie(MEMBER));
    gate.world.board.place("/dev/spidev0.0", cie(MEMBER, { attack: "nisOnly" }));
    await gate.world.pass(900);
    gate.world.board.remove("/dev/spidev0.0");
    gate.world.board.place("/dev/spidev0.0", cie(MEMBER));
    await gate.world.pass(1_500);
    const access = gate.world.events().filter(({ type }) => type.startsWith("acs.access."));
    expect(access.slice(-2).map(({ type }) => type)).toEqual(["acs.access.denied", "acs.access.granted"]);
  });
});

describe("a card pulled away", () => {
  test.each([3, 4, 5])("after answer %i of a passage is read again: no alarm, one grant", async (answers) => {
    const gate = await Gate.open(doorOn("spi", "originalChip, enrolling"));
    await gate.hold(cie(MEMBER));
    gate.world.board.place("/dev/spidev0.0", cie(MEMBER, { tearAfterApdu: answers }));
    await gate.world.pass(250);
    gate.world.board.remove("/dev/spidev0.0");
    const rows = await gate.hold(cie(MEMBER), 1_500);
    expect(rows.filter((row) => row.startsWith("security."))).toEqual([]);
    expect(rows.filter((row) => row === "access.granted").length).toBeLessThanOrEqual(1);
    expect(gate.openings).toBe(2);
  });
});
