/** Holders and their credentials, told apart by one small number. */
import type { EnrolmentRow } from "../../src/journal/credential-rows.ts";

/** A pseudonym of its own for each number below 2^24. */
export const holder = (number: number): Uint8Array =>
  new Uint8Array(32)
    .fill(number & 0xff)
    .fill((number >> 8) & 0xff, 1, 2)
    .fill(number >> 16, 2, 3);

export const enrolment = (number: number, more: Partial<EnrolmentRow> = {}): EnrolmentRow => ({
  pseudonym: holder(number),
  kind: "nis",
  displayTag: `card#${(number & 0xffff).toString(16).padStart(4, "0")}`,
  keyId: "k1",
  group: "members",
  enabled: true,
  ...more,
});
