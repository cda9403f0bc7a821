// The virtual chip judged from outside: Debian's libnfc on a pseudo-terminal finds the card of this run, with
// all its numbers, time and again. And the command that serves it: how it begins, and how it ends.
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { bytesOf, hasLibnfc, libnfc, socatOf } from "./libnfc.ts";
import { endAll, eventually, finished, startVarco } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "varco-chip-"));
let links = 0;

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

/** What the command says of itself and of the card. */
interface Ready {
  readonly link: string;
  readonly atqa?: string;
  readonly uid?: string;
  readonly sak?: string;
  readonly ats?: string;
  readonly atqb?: string;
}

const newLink = (): string => {
  links += 1;
  return join(folder, `pn532-${links}`);
};

/** A chip that serves; ended with the test. */
async function chip(...words: readonly string[]) {
  const link = newLink();
  const running = startVarco(["sim", "chip", "--hsu", link, "--json", ...words]);
  onTestFinished(async () => {
    running.kill("SIGTERM");
    await running.ended;
  });
  await eventually(() => running.out().includes("\n") || running.ending() !== undefined, "the chip is ready");
  return { running, link, ready: JSON.parse(running.out()) as Ready };
}

describe.runIf(hasLibnfc)("nfc-list", () => {
  test.each([
    ["itj4d", []],
    ["stm2", []],
    ["gemalto", ["--realtime"]],
    ["phone", []],
    ["payment", ["--realtime"]],
    ["transit", []],
  ])("finds %s %j with the ATQA, UID, SAK and ATS of this run, twice", async (profile, words) => {
    const { link, ready } = await chip("--card", profile, ...words);
    for (const run of [1, 2]) {
      const said = await libnfc("nfc-list", link);
      expect({ run, exit: said.exit, complaints: said.complaints }).toEqual({ run, exit: 0, complaints: [] });
      expect(said.text).toContain("1 ISO14443A passive target(s) found");
      expect(bytesOf(said, "ATQA")).toBe(ready.atqa);
      expect(bytesOf(said, "UID (")).toBe(ready.uid);
      expect(bytesOf(said, "SAK")).toBe(ready.sak);
      // libnfc leaves out the length that an ATS begins with.
      expect(bytesOf(said, "ATS")).toBe(ready.ats?.slice(2));
    }
  });

  test("finds a card of type B with its PUPI and what it announces, twice", async () => {
    const { link, ready } = await chip("--card", "cie-b");
    for (const run of [1, 2]) {
      const said = await libnfc("nfc-list", link);
      expect({ run, exit: said.exit, complaints: said.complaints }).toEqual({ run, exit: 0, complaints: [] });
      expect(said.text).toContain("1 ISO14443B passive target(s) found");
      const atqb = ["PUPI", "Application Data", "Protocol Info"].map((label) => bytesOf(said, label));
      expect(`50${atqb.join("")}`).toBe(ready.atqb);
    }
  });

  test("finds nothing where nothing lies, and the chip is what it says", async () => {
    const { link } = await chip("--card", "none");
    const said = await libnfc("nfc-list", link);
    expect(said.exit).toBe(0);
    const counts = said.text.split("\n").filter((line) => line.endsWith("passive target(s) found."));
    expect(counts.length).toBeGreaterThan(5);
    expect(counts.filter((line) => !line.startsWith("0 "))).toEqual([]);
    const scanned = await libnfc("nfc-scan-device", link);
    expect(scanned.text).toContain("chip: PN532 v1.6");
  });
});

describe.runIf(hasLibnfc)("sim chip", () => {
  test("knows every command that libnfc sends, and says so of one that it does not know", async () => {
    const { running, link } = await chip("--card", "itj4a");
    await libnfc("nfc-list", link);
    running.kill("SIGTERM");
    expect(await finished(running)).toMatchObject({ exit: 0, err: "" });

    const other = await chip("--card", "none");
    const line = openSync(other.link, "r+");
    // Wake-up, then a frame of the unknown command 77; its ACK and the error frame come back.
    writeSync(line, hex(`5555${"00".repeat(14)}0000FF02FED477B500`));
    const heard = new Uint8Array(14);
    for (let bytes = 0; bytes < heard.length; )
      bytes += readSync(line, heard, bytes, heard.length - bytes, null);
    closeSync(line);
    expect(toHex(heard)).toBe("0000FF00FF000000FF01FF7F8100");
    other.running.kill("SIGTERM");
    expect(await finished(other.running)).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/: 77\n$/) as string,
    });
  });

  test("the numbers of a card differ from run to run, and are the same for the same seed", async () => {
    const [first, second] = [await chip("--card", "nxp"), await chip("--card", "nxp")];
    expect(first.ready.uid).not.toBe(second.ready.uid);
    const [third, fourth] = [
      await chip("--card", "nxp", "--seed", "7"),
      await chip("--card", "nxp", "--seed", "7"),
    ];
    expect({ ...third.ready, link: "" }).toEqual({ ...fourth.ready, link: "" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s: the link and socat are gone, exit 0", async (signal) => {
    const { running, link } = await chip("--card", "phone");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(socatOf(link)).toBeDefined();
    running.kill(signal);
    expect(await finished(running)).toMatchObject({ exit: 0, err: "" });
    expect([existsSync(link), socatOf(link)]).toEqual([false, undefined]);
  });

  test("socat ends by itself: exit 3, and what to do", async () => {
    const { running, link } = await chip("--card", "phone");
    process.kill(socatOf(link) ?? 0, "SIGKILL");
    const { exit, err } = await finished(running);
    expect({ exit, err }).toEqual({
      exit: 3,
      err: expect.stringContaining("start this command again") as unknown,
    });
    expect(existsSync(link)).toBe(false);
  });

  test("the command is killed: socat goes with it, and takes the link along", async () => {
    const { running, link } = await chip("--card", "phone");
    running.kill("SIGKILL");
    await running.ended;
    await eventually(() => socatOf(link) === undefined, "socat has ended");
    expect(existsSync(link)).toBe(false);
  });

  test("something at the path already: left alone, exit 3", async () => {
    const link = newLink();
    writeFileSync(link, "mine");
    const refused = await finished(startVarco(["sim", "chip", "--hsu", link, "--card", "phone"]));
    expect(refused).toMatchObject({ exit: 3, out: "" });
    expect(refused.err).toContain(`${link} exists already`);
    expect(existsSync(link)).toBe(true);
  });

  test("no socat, no such folder: exit 3, and what to do", async () => {
    const words = ["sim", "chip", "--card", "phone", "--hsu"];
    const without = await finished(startVarco([...words, newLink()], { env: { PATH: folder } }));
    expect(without).toMatchObject({ exit: 3, out: "" });
    expect(without.err).toContain("apt-get install socat");
    const nowhere = await finished(startVarco([...words, join(folder, "none", "pn532")]));
    expect(nowhere).toMatchObject({ exit: 3, out: "" });
    expect(nowhere.err).toContain("in a folder you may write to");
  });

  test("a card that is none of ours: exit 2, with the list", async () => {
    const refused = await finished(startVarco(["sim", "chip", "--hsu", newLink(), "--card", "cow"]));
    expect(refused).toMatchObject({ exit: 2, out: "" });
    for (const profile of ["itj4d", "cie-b", "phone", "payment", "transit", "none"])
      expect(refused.err).toContain(profile);
  });
});
