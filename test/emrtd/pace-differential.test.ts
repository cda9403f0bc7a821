/**
 * The reader's side of PACE against a chip that reckons by @noble/curves and plain integers: every mapping, every group,
 * every suite; and agreed secrets that begin with zeros, which both sides must keep.
 */
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { toInteger } from "../../src/crypto/big-endian.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import { establishPace } from "../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { chipSetting, PACE_CASES, type PaceCase, passwordCan } from "./pace-cases.ts";
import { PaceChip } from "./pace-chip.ts";
import { GivenKeys } from "./pace-settings.ts";
import { play } from "./play.ts";

/** Runs of each mapping, shared by its groups and suites; `npm run test:pace` asks for a thousand. */
const RUNS = Number(process.env["PACE_RUNS"] ?? "40");
/** Of the first run; each has the next. PACE_SEED and PACE_RUNS=1 play one again. */
const SEED = Number(process.env["PACE_SEED"] ?? "9303");

function agree(paceCase: PaceCase, seed: number): void {
  const random = new SeededRandom(seed);
  const chip = new PaceChip(chipSetting(paceCase, random));
  const { name, profile } = paceCase;
  const keys = new EphemeralKeys(random);
  const result = play(establishPace({ profile, password: passwordCan, keys }), chip.answer);
  expect(
    result.ok && [result.value.ksEnc, result.value.ksMac].map(toHex),
    `PACE_SEED=${seed} PACE_RUNS=1, ${name}`,
  ).toEqual([chip.keys?.ksEnc, chip.keys?.ksMac].map((key) => toHex(key ?? new Uint8Array(0))));
}

const runsOf = ({ profile }: PaceCase): number =>
  Math.ceil(RUNS / PACE_CASES.filter((other) => other.profile.mapping === profile.mapping).length);

test.each(PACE_CASES)(
  `$name agrees with the second opinion, seed ${SEED}`,
  { timeout: 600_000 },
  (paceCase) => {
    for (let run = 0; run < runsOf(paceCase); run++) agree(paceCase, SEED + run);
  },
);

const SMALL_GROUPS = PACE_CASES.filter(({ name }) =>
  ["ECDH-GM AES-128 8", "ECDH-IM AES-128 9", "DH-GM AES-128 0"].includes(name),
);

test.each(SMALL_GROUPS)(
  `§12 row 5: $name keeps the leading zeros of the agreed secret, seed ${SEED}`,
  (paceCase) => {
    const random = new SeededRandom(SEED);
    const { group } = paceCase.chip;
    const setting = chipSetting(paceCase, random);
    const { keyBytes } = suite(paceCase.profile.suite);
    const map = setting.offer.mapping.endsWith("-IM")
      ? random.bytes(keyBytes)
      : paceCase.profile.group.newSecret(random);
    const agree = paceCase.profile.group.newSecret(random);
    // A first run shows the reader's second key; the chip's secret is then searched for until K begins with a zero.
    const first = new PaceChip(setting);
    const request = () => ({
      profile: paceCase.profile,
      password: passwordCan,
      keys: new GivenKeys({ map, agree }),
    });
    play(establishPace(request()), first.answer);
    const theirs = first.readerKey;
    let secret = toInteger(agree) % 1_000_000n;
    let element = group.multiply(secret, theirs);
    while (group.sharedSecret(element)[0] !== 0) {
      secret += 1n;
      element = group.add(element, theirs);
    }
    const chip = new PaceChip({ ...setting, secrets: { ...setting.secrets, agree: secret } });
    const result = play(establishPace(request()), chip.answer);
    expect(group.sharedSecret(group.multiply(secret, chip.readerKey))[0]).toBe(0);
    expect(result.ok && toHex(result.value.ksMac)).toBe(toHex(chip.keys?.ksMac ?? new Uint8Array(0)));
  },
);
