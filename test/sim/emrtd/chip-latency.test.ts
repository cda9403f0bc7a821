/** How long the virtual chip works: the model's figures for a document on a curve and one on integers, command by command. */
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../../src/apdu/command.ts";
import { parseResponse } from "../../../src/apdu/response.ts";
import { systemRandom } from "../../../src/crypto/system-random.ts";
import { establishPace } from "../../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../../src/emrtd/pace-keys.ts";
import { bytesOfResponse } from "../../../src/sim/cards/iso-dep.ts";
import { chipGroup } from "../../../src/sim/emrtd/chip-group.ts";
import {
  agreeUs,
  chipAuthenticationUs,
  DEFAULT_LATENCY,
  mapUs,
} from "../../../src/sim/emrtd/chip-latency.ts";
import { makeEmrtd } from "../../../src/sim/emrtd/make-emrtd.ts";
import { cardAccess, paceInfo, profileOf } from "../../emrtd/pace-settings.ts";
import { passwordOf } from "../../emrtd/whole-document.ts";

/** Milliseconds that the chip works for each command of PACE. */
function paceMs(profile: "cnie" | "cie", info: Uint8Array): readonly number[] {
  const spec = { card: "emrtd", profile } as const;
  const { application } = makeEmrtd(spec);
  const keys = new EphemeralKeys(systemRandom);
  const protocol = establishPace({ profile: profileOf(cardAccess(info)), password: passwordOf(spec), keys });
  const works: number[] = [];
  for (let step = protocol.next(); step.done !== true; ) {
    const { response, workUs } = application.process(encodeCommand(step.value));
    works.push(workUs / 1_000);
    const answer = parseResponse(bytesOfResponse(response));
    if (answer === undefined) throw new Error("an answer without a status");
    step = protocol.next(answer);
  }
  return works;
}

test("PACE on a curve of 256 bits: 15, 25, 2.5 M, 2 M and 25 ms with M = 130", () => {
  expect(paceMs("cnie", paceInfo("0204", 13))).toEqual([15, 25, 325, 260, 25]);
});

test("PACE on integers of 2048 bits: two powers of 300 ms in each round, and the command's own time", () => {
  expect(paceMs("cie", paceInfo("0101", 2))).toEqual([15, 25, 615, 615, 25]);
});

describe("other groups", () => {
  test("take their square of the time", () => {
    expect(agreeUs(DEFAULT_LATENCY, chipGroup(15))).toBe(2 * 130_000 * 2.25);
    expect(mapUs(DEFAULT_LATENCY, chipGroup(0), false)).toBe(15_000 + 150_000);
  });

  test("integrated mapping spares the products", () => {
    expect(mapUs(DEFAULT_LATENCY, chipGroup(12), true)).toBe(65_000);
    expect(mapUs(DEFAULT_LATENCY, chipGroup(1), true)).toBe(315_000);
  });

  test("chip authentication is one product and a little, or one power", () => {
    expect(chipAuthenticationUs(DEFAULT_LATENCY, chipGroup(13))).toBe(170_000);
    expect(chipAuthenticationUs(DEFAULT_LATENCY, chipGroup(2))).toBe(315_000);
  });
});

test("everything can be set, one by one or all to nothing", () => {
  const read = Uint8Array.of(0x00, 0xb0, 0x9c, 0x00, 0x00);
  const workOf = (latency: "none" | { apduUs: number }) =>
    makeEmrtd({ card: "emrtd", profile: "cnie", latency }).application.process(read).workUs;
  expect([workOf({ apduUs: 3_000 }), workOf("none")]).toEqual([3_000, 0]);
});
