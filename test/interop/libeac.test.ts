/**
 * PACE and secure messaging against libeac (OpenPACE), an implementation in C that shares nothing with this one: it plays
 * the card for our reader, and the terminal for our virtual card. Generic mapping alone: the integrated mapping of libeac
 * is that of an early draft, and it has no chip authentication mapping.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildLibeac, measureLibeac } from "../../src/app/bench/libeac.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { mrzInformation, mrzPasswordKey } from "../../src/emrtd/mrz-key.ts";
import { establishPace, type PacePassword } from "../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { bytesOfResponse } from "../../src/sim/cards/iso-dep.ts";
import { NO_LATENCY } from "../../src/sim/emrtd/chip-latency.ts";
import { EmrtdApplication } from "../../src/sim/emrtd/emrtd-application.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { ascii } from "../emrtd/pace-settings.ts";
import type { Chip } from "../emrtd/play.ts";
import { approach, Libeac, type PaceWords, playAgainst } from "./libeac.ts";
import {
  CAN,
  FEW_CASES,
  LIBEAC_CASES,
  type LibeacCase,
  libeacAnswer,
  libeacCommand,
  MESSAGES,
  untilWhole,
  ZONE,
} from "./libeac-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "varco-libeac-"));
const built = buildLibeac(folder);
if (!built.ok)
  process.stderr.write(`skipped: tests against libeac, because ${built.error.missing} is missing\n`);

let libeac: Libeac;
beforeAll(() => {
  if (built.ok) libeac = new Libeac(built.value);
});
afterAll(async () => {
  if (built.ok) await libeac.close();
  rmSync(folder, { recursive: true });
});

/** Of each way of PACE; a long run asks for more. */
const RUNS = Number(process.env["LIBEAC_RUNS"] ?? "1");

type Password = PaceWords["password"];
const BY_CAN: Password = { kind: "can", text: CAN };
const BY_ZONE: Password = { kind: "mrz", text: ZONE };
const ANOTHER_CAN: Password = { kind: "can", text: "231459" };
const OTHER_ZONE: Password = { kind: "mrz", text: ZONE.replace("7408122", "7508125") };

const informationOf = (zone: string): Uint8Array => {
  const information = mrzInformation(ascii(zone));
  if (!information.ok) throw new Error(information.error.kind);
  return information.value;
};

const readerPassword = ({ kind, text }: Password): PacePassword =>
  kind === "can"
    ? { reference: "CAN", key: ascii(text) }
    : { reference: "MRZ", key: mrzPasswordKey(informationOf(text)) };

/** Our side's chance; libeac has its own. */
const SEED = 9303;
const keys = new EphemeralKeys(new SeededRandom(SEED));

describe.runIf(built.ok)("our reader and the card of libeac", () => {
  /** Our reader with one password before a card that knows another, or the same. */
  const read = ({ profile, cardAccess }: LibeacCase, ours: Password, known: Password) =>
    untilWhole(async () => {
      expect(await libeac.begin({ part: "card", password: known, cardAccess })).toBe("ok");
      return playAgainst(establishPace({ profile, password: readerPassword(ours), keys }), libeac);
    });

  async function established(libeacCase: LibeacCase, password: Password) {
    const session = await read(libeacCase, password, password);
    if (!session.ok) throw new Error(JSON.stringify(session.error));
    const shown = libeacCase.suite === "3DES" ? withoutParity : toHex;
    const theirs = (await libeac.keys()).map((key) => shown(hex(key)));
    expect([session.value.ksEnc, session.value.ksMac].map(shown)).toEqual(theirs);
    return session.value;
  }

  /** The last bit of each byte of a DES key is read by no cipher; we set it for odd parity, libeac leaves it as it falls. */
  const withoutParity = (key: Uint8Array): string => toHex(key.map((byte) => byte & 0xfe));

  test.each(LIBEAC_CASES)("agree on keys by CAN: $name", async (libeacCase) => {
    for (let run = 0; run < RUNS; run++) await established(libeacCase, BY_CAN);
  });

  test.each(FEW_CASES)("agree on keys by MRZ: $name", async (libeacCase) => {
    await established(libeacCase, BY_ZONE);
  });

  test.each(FEW_CASES)("part when the password is another: $name", async (libeacCase) => {
    const wrong = { ok: false, error: { kind: "wrongPassword" } };
    expect(await read(libeacCase, ANOTHER_CAN, BY_CAN)).toEqual(wrong);
    expect(await read(libeacCase, OTHER_ZONE, BY_ZONE)).toEqual(wrong);
  });

  test.each(FEW_CASES)("understand each other's protected messages: $name", async (libeacCase) => {
    const session = new SecureSession(await established(libeacCase, BY_CAN));
    for (const { command, plain } of MESSAGES) {
      const sent = session.protect(command);
      const { objects } = await libeacCommand(libeac, libeacCase.suite, command);
      expect(sent.ok && toHex(sent.value.data ?? new Uint8Array(0))).toBe(toHex(objects));
      const answer = { data: await libeacAnswer(libeac, plain, 0x9000), sw: 0x9000 };
      expect(session.unprotect(answer)).toEqual({ ok: true, value: { data: plain, sw: 0x9000 } });
    }
  });
});

describe.runIf(built.ok)("our virtual card and the terminal of libeac", () => {
  /** A virtual card with this way of PACE alone, both passwords, and a DG1. */
  function virtualCard({ mapping, suite, parameterId, cardAccess }: LibeacCase): Chip {
    const [, readDg1] = MESSAGES;
    const content = {
      historicalBytes: new Uint8Array(0),
      masterFile: new Map([[0x011c, cardAccess]]),
      application: new Map([[0x0101, readDg1?.plain ?? new Uint8Array(0)]]),
      can: CAN,
      mrzInformation: new TextDecoder().decode(informationOf(ZONE)),
      pace: [{ mapping, suite, parameterId }],
      bac: false,
      extendedLength: true,
      chipKeys: [],
    };
    const chip = new EmrtdApplication(content, { latency: NO_LATENCY, random: new SeededRandom(SEED) });
    return (command) => {
      const { response } = chip.process(command);
      return bytesOfResponse(response);
    };
  }

  /** What becomes of PACE with libeac as the terminal, and the card. */
  const met = (libeacCase: LibeacCase, password: Password) =>
    untilWhole(async () => {
      const { profile, parameterId, cardAccess } = libeacCase;
      expect(await libeac.begin({ part: "terminal", password, cardAccess })).toBe("ok");
      const card = virtualCard(libeacCase);
      const choice = { protocol: profile.protocol, parameterId, password: password.kind };
      return { card, outcome: await approach(libeac, card, choice) };
    });

  test.each(LIBEAC_CASES)("accept each other by CAN: $name", async (libeacCase) => {
    for (let run = 0; run < RUNS; run++) expect((await met(libeacCase, BY_CAN)).outcome).toBe("ok");
  });

  test.each(FEW_CASES)("accept each other by MRZ: $name", async (libeacCase) => {
    expect((await met(libeacCase, BY_ZONE)).outcome).toBe("ok");
  });

  test.each(FEW_CASES)("part when the password is another: $name", async (libeacCase) => {
    for (const password of [ANOTHER_CAN, OTHER_ZONE])
      expect((await met(libeacCase, password)).outcome).toBe("the chip says 6300 to the token");
  });

  test.each(FEW_CASES)("part when the card's token is another's: $name", async (libeacCase) => {
    await met(libeacCase, BY_CAN);
    expect(await libeac.ask("finish", "0123456789ABCDEF")).toBe("refused");
  });

  test.each(FEW_CASES)(
    "have the same keys, and understand each other's messages: $name",
    async (libeacCase) => {
      const { card } = await met(libeacCase, BY_CAN);
      for (const { command, plain } of MESSAGES) {
        const { header, objects } = await libeacCommand(libeac, libeacCase.suite, command);
        const answer = card(concat(header, Uint8Array.of(objects.length), objects, Uint8Array.of(0)));
        expect(toHex(answer)).toBe(toHex(concat(await libeacAnswer(libeac, plain, 0x9000), hex("9000"))));
      }
    },
  );
});

test.runIf(built.ok)("what the terminal's part costs is measured with curves and with integers", () => {
  const measured = measureLibeac(3);
  if (!measured.ok) throw new Error(measured.error.missing);
  const { ecdh, dh } = measured.value;
  for (const { cpuMs, aheadMs } of [ecdh, dh]) {
    expect(aheadMs).toBeGreaterThan(0);
    expect(cpuMs).toBeGreaterThan(aheadMs);
  }
});
