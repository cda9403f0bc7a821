// The written plans of whole documents: against the sizes and times on record, and against the real lane in virtual time,
// where the host takes no time at all. A plan that forgets something, or asks for too much, would make every ratio wrong.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boundMs, DETECTION, SPI_PLAN } from "../../src/app/bench/bound.ts";
import { DOCUMENT_KINDS, passagePlan } from "../../src/app/bench/document-kinds.ts";
import {
  documentExchanges,
  exchangeCommands,
  mostPlainBytes,
  type PlannedDocument,
  SHORT_ANSWER_BYTES,
} from "../../src/app/bench/document-plan.ts";
import { entryOf } from "../../src/app/bench/document-site.ts";
import { measureHostShare } from "../../src/app/bench/host-share.ts";
import { measurePassages, measureRefusals } from "../../src/app/bench/passages.ts";
import { openVirtualLane, type VirtualLane } from "../../src/app/bench/virtual-lane.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { containing } from "./matchers.ts";

const CIE: PlannedDocument = {
  agreement: "DH",
  mapping: "generic",
  cipher: "3DES",
  nonceBytes: 16,
  fileBytes: { cardAccess: 22, cardSecurity: 0, dg1: 95, dg14: 870, sod: 2_111 },
  answerBytes: SHORT_ANSWER_BYTES,
};
const CNIE: PlannedDocument = {
  agreement: "ECDH",
  mapping: "generic",
  cipher: "AES",
  nonceBytes: 16,
  fileBytes: { cardAccess: 42, cardSecurity: 0, dg1: 95, dg14: 391, sod: 1_800 },
  answerBytes: SHORT_ANSWER_BYTES,
};
const withSod = (document: PlannedDocument, sod: number): PlannedDocument => ({
  ...document,
  fileBytes: { ...document.fileBytes, sod },
});
const durationMs = (document: PlannedDocument): number =>
  boundMs([DETECTION, ...exchangeCommands(documentExchanges(document))], SPI_PLAN);

describe("the plan of a document", () => {
  test.each([
    ["a CIE of generation 1", CIE, 23, 2_450],
    ["a CIE of generation 2", withSod(CIE, 2_865), 26, 2_600],
    ["a CNIe", CNIE, 21, 1_440],
  ])("%s is what the design says", (_, document, exchanges, ms) => {
    expect(documentExchanges(document)).toHaveLength(exchanges);
    expect(Math.abs(durationMs(document) - ms)).toBeLessThan(15);
  });

  test("has the bytes of the eMRTD sheet's table, AES-128 and a curve of 256 bits", () => {
    const bytes = documentExchanges(CNIE).map(({ name, sent, received }) => [name, sent, received]);
    expect(bytes.slice(0, 12)).toEqual([
      ["CardAccess", 5, 44],
      ["PACE set", 23, 2],
      ["PACE nonce", 8, 22],
      ["PACE map", 75, 71],
      ["PACE agree", 75, 71],
      ["PACE token", 18, 14],
      ["SELECT", 35, 16],
      ["dg1", 19, 115],
      ["dg14", 19, 244],
      ["dg14", 19, 196],
      ["CA set", 35, 16],
      ["CA agree", 102, 35],
    ]);
  });

  test.each([
    ["AES", 4, 35],
    ["AES", 112, 148],
    ["AES", 223, 244],
    ["AES", 1_000, 1_029],
    ["3DES", 4, 27],
    ["3DES", 112, 139],
    ["3DES", 1_000, 1_029],
  ] as const)("has the sheet's size of an answer under %s with %i bytes in it", (cipher, plain, bytes) => {
    const document = withSod({ ...CNIE, cipher, answerBytes: 5_000 }, plain);
    expect(documentExchanges(document).at(-1)?.received).toBe(bytes);
  });

  test("asks for 223 bytes where nothing is announced, and otherwise for all there is room for", () => {
    expect(mostPlainBytes(SHORT_ANSWER_BYTES)).toBe(223);
    expect(mostPlainBytes(1_029)).toBe(1_007);
    const soonDone = documentExchanges({ ...CNIE, answerBytes: 32_768 });
    expect(soonDone).toHaveLength(12);
  });

  test("proves the chip by its mapping with EF.CardSecurity in place of an agreement", () => {
    const fileBytes = { ...CNIE.fileBytes, cardSecurity: 1_705 };
    const names = documentExchanges({ ...CNIE, mapping: "chip", fileBytes }).map(({ name }) => name);
    expect(names.filter((name) => name === "cardSecurity")).toHaveLength(8);
    expect(names.filter((name) => name.startsWith("CA "))).toEqual([]);
  });

  test("sends integers of 2048 bits in two commands of the reader, and fetches them in two", () => {
    const [map] = documentExchanges(CIE).filter(({ name }) => name === "PACE map");
    expect(map).toMatchObject({ sent: 273, received: 266 });
    const commands = exchangeCommands(map === undefined ? [] : [map]);
    expect(commands.map(({ commandBytes, answerBytes }) => [commandBytes, answerBytes])).toEqual([
      [2 + 253, 2],
      [2 + 20, 2 + 262],
      [2, 2 + 4],
    ]);
  });
});

/** Commands by which the first card of its kind shows that it has no number. */
const NUMBER_SOUGHT = 7;

describe("a passage in virtual time", () => {
  let lane: VirtualLane;
  beforeAll(async () => {
    lane = await openVirtualLane(DOCUMENT_KINDS.flatMap(({ people }) => people));
  }, 60_000);
  afterAll(() => lane.close());

  test.each(DOCUMENT_KINDS)("by $name takes what its plan says, and not an exchange more", async (kind) => {
    const plan = passagePlan(kind);
    const [name] = kind.people;
    const card = arrival(name).spec;
    const present = () => lane.present({ card, entry: entryOf(name, kind.source), when: "nextTry" });
    const first = await present();
    expect(first.exchanges).toBeLessThanOrEqual(plan.exchanges + 1 + NUMBER_SOUGHT);
    const { outcome, tookMs, exchanges } = await present();
    expect({ outcome, exchanges }).toEqual({ outcome: "granted", exchanges: plan.exchanges });
    const ratio = tookMs / boundMs(plan.commands, SPI_PLAN);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.02);
  });

  test("costs more of a chip that announces no limits", () => {
    expect(DOCUMENT_KINDS.map((kind) => passagePlan(kind, "short").exchanges)).toEqual([29, 21, 25]);
  });
});

describe("figures", () => {
  test("of passages tell their mix, and the largest is the last", async () => {
    const figures = await measurePassages(6);
    expect(figures.map(({ name }) => name)).toEqual([
      ...["passage.p50", "passage.p90", "passage.p99", "passage.max"],
    ]);
    expect(figures[0]?.note).toContain("6 passages in virtual time: 40 % enrolled CIE that only taps");
    const values = figures.map(({ value }) => value ?? Number.NaN);
    expect([...values].sort((left, right) => left - right)).toEqual(values);
  });

  test("of refusals end where the plan has the answer that settles it", async () => {
    const figures = await measureRefusals();
    expect(figures).toMatchObject([
      { name: "refusal.expired", note: containing("CNIe, 8 exchanges") },
      { name: "refusal.wrongCan", note: containing("CNIe, 6 exchanges") },
      { name: "refusal.forged", note: containing("CNIe, 12 exchanges") },
    ]);
    for (const { ratio } of figures) {
      expect(ratio).toBeGreaterThan(0.995);
      expect(ratio).toBeLessThan(1.02);
    }
  });

  test("of the host's share have each kind in their note", { timeout: 60_000 }, () => {
    const figure = measureHostShare(new SystemClock(), 2);
    expect(figure).toMatchObject({ name: "document.hostShare", unit: "%", bound: 3 });
    for (const { name } of DOCUMENT_KINDS) expect(figure.note).toContain(`${name} `);
    expect(figure.value).toBeGreaterThan(0);
  });
});
