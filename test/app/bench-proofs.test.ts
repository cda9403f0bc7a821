// What the chip's own proof and the trust store cost: that the right thing is measured, with the store that the figure
// names, and that nothing is measured without a list. How fast it is depends on the machine and is not tested.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { benchCommand } from "../../src/app/bench/bench.ts";
import { measureChipProof } from "../../src/app/bench/chip-proof.ts";
import {
  countrySigners,
  type PublishedList,
  publishedList,
  withRevocationLists,
} from "../../src/app/bench/country-signers.ts";
import { cpuFigure } from "../../src/app/bench/cpu-time.ts";
import type { Figure } from "../../src/app/bench/figure.ts";
import { measureServiceSod } from "../../src/app/bench/service-sod.ts";
import { measureTrustImport } from "../../src/app/bench/trust-import.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { TrustAnchors } from "../../src/pki/trust-anchors.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { good } from "../good.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";
import { csca, masterList } from "./trust-files.ts";

const clock = new SystemClock();
const at = clock.wallTime();

/** A folder as `TEST_CSCA_DIR` names it, with a list of the simulator's authorities. */
function selfMadeFolder(): string {
  const folder = temporaryFolder("bench");
  const certificates = [csca("self-made", 1), csca("self-made", 2), csca("foreign")];
  writeFileSync(join(folder, "DE_ML_2026-05-28.ml"), masterList(certificates));
  writeFileSync(join(folder, "DE_ML_root.cer"), csca("self-made"));
  return folder;
}

function selfMadeList(): PublishedList {
  const list = publishedList({ TEST_CSCA_DIR: selfMadeFolder() });
  if (list === undefined) throw new Error("the list was not found");
  return list;
}

describe("the published list", () => {
  test("is found in the folder that the environment names, and only there", () => {
    expect(publishedList({})).toBeUndefined();
    expect(publishedList({ TEST_CSCA_DIR: "" })).toBeUndefined();
    expect(publishedList({ TEST_CSCA_DIR: temporaryFolder("empty") })).toBeUndefined();
    expect(publishedList({ TEST_CSCA_DIR: selfMadeFolder() })).toBeDefined();
  });

  test.each([
    ["without", () => undefined, "600 certificates, 0 of them published"],
    ["with", selfMadeList, "600 certificates, 3 of them published"],
  ])("%s it there are 600 country signers", (_, list, says) => {
    const { trust, note } = countrySigners(600, { list: list(), at });
    expect(note).toContain(says);
    expect(new TrustAnchors(trust).size).toBe(600);
  });

  test("stands beside signers of which no card finds one but its own", () => {
    const { trust } = countrySigners(600, { list: undefined, at });
    for (const options of [trust, withRevocationLists(trust)])
      for (const generation of [1, 2] as const) {
        const signer = good(parseCertificate(authority("self-made").documentSigner(generation).certificate));
        const verdict = good(new TrustAnchors(options).judge(signer, { at }));
        const own = good(parseCertificate(authority("self-made").countrySigner(generation).certificate));
        expect(verdict.anchor.fingerprint).toBe(own.fingerprint);
        expect(verdict.warnings).toEqual(options.crl === "require" ? [] : ["crlMissing"]);
      }
  });
});

describe("figures", () => {
  test("of processor time are the median, and the 99th percentile is told", () => {
    const timesMs = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(cpuFigure("some.cpu", { timesMs, bound: 5, note: "a hundred" })).toEqual({
      name: "some.cpu",
      value: 51,
      unit: "ms",
      bound: 5,
      note: "a hundred, p99 100 ms",
    });
  });

  test("of the chip's proof and of the service SOD are taken from cards that are proven", () => {
    const figures = [measureChipProof(20), ...measureServiceSod(clock, { count: 5, list: undefined })];
    expect(figures.map(({ name, bound }) => [name, bound])).toEqual([
      ["chipProof.cpu", 0.3],
      ["serviceSod.cpu", 5],
      ["serviceSod.cold.cpu", 5],
    ]);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  });

  test("of an import tell what the operator's command said of the list", async () => {
    const world = await commandWorld();
    const figures: Figure[] = [];
    await world.run(async (_, io) => {
      figures.push(await measureTrustImport(io, { count: 2, list: selfMadeList() }));
      return 0;
    });
    expect(figures).toMatchObject([
      { name: "trust.import", note: containing("3 certificates added, 1 list signer pinned; 2 imports") },
    ]);
  });

  test("of an import that is refused do not exist", async () => {
    const world = await commandWorld();
    const list = { ...selfMadeList(), pin: join(world.folder, "foreign.cer") };
    writeFileSync(list.pin, csca("foreign"));
    const measuring = world.run(async (_, io) => {
      await measureTrustImport(io, { count: 1, list });
      return 0;
    });
    await expect(measuring).rejects.toThrow("the list was not taken");
  });

  test.each(["trust.import", "start.trust"])("%s is not measured without a list", async (only) => {
    const world = await commandWorld();
    const { out } = await world.run(benchCommand, { texts: { only }, flags: new Set(["short", "json"]) });
    expect(out.map((line) => JSON.parse(line) as Figure)).toMatchObject([
      { name: only, value: null, note: containing("TEST_CSCA_DIR") },
    ]);
  });
});
