import { describe, expect, test } from "vitest";
import { IsoDepChoice } from "../../../drivers/pn532/iso-dep-choice.ts";

const failed = (choice: IsoDepChoice, family: string, times: number): void => {
  for (let time = 0; time < times; time++) choice.failed(family, "damaged", 254);
};

test("the firmware's engine is never left by itself", () => {
  const choice = new IsoDepChoice("firmware");
  expect([choice.first, choice.of("A")]).toEqual(["firmware", "firmware"]);
  choice.worked("A", 254);
  expect(choice.of("A")).toBe("firmware");
});

describe("our own engine", () => {
  test("begins with the largest frames, and goes down one size at two failures in a row", () => {
    const choice = new IsoDepChoice("software");
    const seen = [];
    for (let failures = 0; failures < 8; failures++) {
      seen.push(choice.of("A"));
      choice.failed("A", "damaged", 254);
    }
    expect(seen).toEqual([256, 256, 128, 128, 64, 64, "firmware", "firmware"]);
    expect(choice.of("A")).toBe("firmware");
  });

  test("goes down at once where the chip says that its buffer was full", () => {
    const choice = new IsoDepChoice("software");
    choice.failed("A", "overflow", 254);
    expect(choice.of("A")).toBe(128);
    choice.failed("A", "damaged", 254);
    choice.failed("A", "overflow", 254);
    expect(choice.of("A")).toBe(64);
    choice.failed("A", "overflow", 254);
    expect(choice.of("A")).toBe("firmware");
  });

  test("does not blame the size of frames for noise on short ones", () => {
    const choice = new IsoDepChoice("software");
    for (let time = 0; time < 9; time++) choice.failed("A", "damaged", 128);
    expect(choice.of("A")).toBe(256);
  });

  test("asks all cards for less when one after the other does not answer its selection", () => {
    const choice = new IsoDepChoice("software");
    for (let time = 0; time < 4; time++) choice.selectionFailed();
    choice.selectionWorked();
    for (let time = 0; time < 4; time++) choice.selectionFailed();
    expect(choice.first).toBe(256);
    choice.selectionFailed();
    expect(choice.first).toBe(128);
    for (let time = 0; time < 10; time++) choice.selectionFailed();
    expect(choice.first).toBe("firmware");
    for (let time = 0; time < 10; time++) choice.selectionFailed();
    expect(choice.first).toBe("firmware");
  });

  test("keeps other kinds of cards at what they can", () => {
    const choice = new IsoDepChoice("software");
    failed(choice, "A", 4);
    expect([choice.of("A"), choice.of("B"), choice.first]).toEqual([64, 256, 256]);
  });

  test("takes what two kinds of cards cannot carry for the chip's limit", () => {
    const choice = new IsoDepChoice("software");
    failed(choice, "A", 2);
    failed(choice, "B", 2);
    expect([choice.first, choice.of("C")]).toEqual([128, 128]);
    failed(choice, "C", 2);
    expect([choice.first, choice.of("C")]).toEqual([128, 64]);
  });

  test("forgets a failure over a block that the next smaller frames could not hold, and over no other", () => {
    const choice = new IsoDepChoice("software");
    choice.failed("A", "damaged", 254);
    choice.worked("A", 254);
    choice.failed("A", "damaged", 254);
    expect(choice.of("A")).toBe(256);
    choice.worked("A", 128);
    choice.failed("A", "damaged", 254);
    expect(choice.of("A")).toBe(128);
  });

  test("forgets at the smallest frames over a block that is not short", () => {
    const choice = new IsoDepChoice("software");
    failed(choice, "A", 5);
    choice.worked("A", 33);
    choice.failed("A", "damaged", 254);
    expect(choice.of("A")).toBe(64);
    choice.worked("A", 32);
    choice.failed("A", "damaged", 254);
    expect(choice.of("A")).toBe("firmware");
  });

  test("remembers a bounded number of kinds", () => {
    const choice = new IsoDepChoice("software");
    failed(choice, "A", 2);
    for (let kind = 0; kind < 64; kind++) choice.failed(`kind ${kind}`, "damaged", 254);
    expect(choice.of("A")).toBe(256);
  });
});
