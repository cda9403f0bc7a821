// The writer of zones against the specimens of ICAO Doc 9303, and every specimen holder against the gate's reader.
import { describe, expect, test } from "vitest";
import { parseMrz } from "../../../../src/emrtd/lds/mrz.ts";
import { mrzInformation as gateInformation } from "../../../../src/emrtd/mrz-key.ts";
import { PERSONS } from "../../../../src/sim/emrtd/documents/holders.table.ts";
import {
  checkDigit,
  machineReadableZone,
  mrzInformation,
  typedFields,
  type ZoneFields,
} from "../../../../src/sim/emrtd/documents/mrz.ts";
import { good } from "../../../good.ts";
import { ascii } from "../../../pki/makers.ts";
import vectors from "../../../vectors/mrz-and-keys.json" with { type: "json" };

test.each(vectors.checkDigit.examples)("check digit of $input is $checkDigit", (row) => {
  expect(checkDigit(row.input)).toBe(String(row.checkDigit));
});

const SPECIMENS: readonly (ZoneFields & { readonly row: number })[] = [
  { row: 0, format: "TD1", documentNumber: "D23145890", ...anna("I") },
  { row: 1, format: "TD2", documentNumber: "D23145890", ...anna("I") },
  { row: 2, format: "TD3", documentNumber: "L898902C3", optional: "ZE184226B", ...anna("P") },
  { row: 3, format: "TD1", documentNumber: "D23145890734", ...peter() },
  { row: 4, format: "TD2", documentNumber: "D23145890734", ...peter() },
];

function anna(documentCode: string) {
  const names = { familyNames: "ERIKSSON", givenNames: "ANNA<MARIA" };
  return {
    documentCode,
    issuer: "UTO",
    nationality: "UTO",
    birth: "740812",
    sex: "F",
    expiry: "120415",
    ...names,
  } as const;
}

function peter() {
  const names = { familyNames: "STEVENSON", givenNames: "PETER<JOHN" };
  return {
    documentCode: "I",
    issuer: "UTO",
    nationality: "UTO",
    birth: "340712",
    sex: "M",
    expiry: "950712",
    ...names,
  } as const;
}

test.each(SPECIMENS)(
  "$format with number $documentNumber is written as in Doc 9303",
  ({ row, ...fields }) => {
    const specimen = vectors.mrz[row];
    const zone = machineReadableZone(fields);
    expect(zone).toBe(specimen?.mrz);
    expect(mrzInformation(zone)).toBe(specimen?.parsed.mrzInformation);
    const { documentNumber, birth, expiry } = fields;
    expect(typedFields(mrzInformation(zone))).toEqual([documentNumber.padEnd(9, "<"), birth, expiry]);
  },
);

test.each([
  ["TD1", 23],
  ["TD2", 15],
  ["TD3", 9],
] as const)("a number in %s has room for %i characters", (format, characters) => {
  const zoneWith = (count: number) =>
    machineReadableZone({ ...anna("I"), format, documentNumber: "D23145890734D23145890734".slice(0, count) });
  const information = good(gateInformation(ascii(zoneWith(characters))));
  expect(String.fromCharCode(...information)).toBe(mrzInformation(zoneWith(characters)));
  expect(() => zoneWith(characters + 1)).toThrow(RangeError);
});

describe.each(Object.entries(PERSONS))("%s", (_name, person) => {
  const formats =
    person.documentNumber.length > 9 ? (["TD1", "TD2"] as const) : (["TD1", "TD2", "TD3"] as const);

  test.each(formats)("is read back from %s with every check digit right", (format) => {
    const fields = { nationality: "UTO", documentCode: "I", issuer: "UTO", format, ...person };
    const mrz = good(parseMrz(ascii(machineReadableZone(fields))));
    expect(mrz).toMatchObject({
      format,
      documentNumber: person.documentNumber,
      dateOfBirth: person.birth,
      dateOfExpiry: person.expiry,
      nationality: fields.nationality,
      checks: {
        documentNumber: true,
        dateOfBirth: true,
        dateOfExpiry: true,
        optionalData: true,
        composite: true,
      },
    });
  });
});
