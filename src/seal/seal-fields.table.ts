/**
 * The lengths of all fields of perimeter 01, and which of them the identity title must have. A field whose least and greatest
 * length are one has no mark at its end, so a message can be divided only by who knows them all.
 * Governing text: ANTS, 2D-Doc specification 3.2.6, 7 (identifiers) and 8.5 (identity titles).
 */

/** Characters that a field may have. */
export interface FieldLength {
  readonly least: number;
  readonly most: number;
}

const UNLIMITED = Number.POSITIVE_INFINITY;

const LENGTHS: readonly (readonly [least: number, most: number, ids: string])[] = [
  [0, 5, "AM"],
  [0, 8, "AB"],
  [0, 10, "6Q AS DZ G4"],
  [0, 11, "38 39 58 5A 5C"],
  [0, 12, "41 59 5B 5U A8"],
  [0, 16, "1D"],
  [0, 17, "A1 A2 A3"],
  [0, 18, "95"],
  [0, 19, "AC"],
  [0, 20, "5P 5R 61 66 82 B1 BC C2 C7 D2 DH DP DW G2 HH"],
  [0, 25, "AQ"],
  [0, 30, "1E 1F 33 AH BH BI BJ L3"],
  [0, 32, "25 2C 5I 6A 6X AZ B8"],
  [0, 35, "AR"],
  [
    0,
    38,
    "10 11 12 13 14 15 16 17 1I 1J 1K 1L 1M 1N 1O 1P 20 21 22 23 27 28 29 2A 46 48 5D 5E 5F 5G 5M 5O 5Q 62 63 64 6S 6T 6U 6V 72 74 80 90 91 92 93 94 AU AV AW AX B2 B3 B4 C1 C6 C8 F1 H0 H2 HC HD HE HF HG",
  ],
  [0, 40, "5S 6M 6P 83 84 H6"],
  [0, 45, "77 7B CA G5"],
  [0, 50, "5K BB D1 DB DC DE DJ DK DM DQ DR DT"],
  [0, 53, "H7"],
  [0, 60, "60 6D 6E 73 81 AP B0 F0"],
  [0, 64, "7M"],
  [0, 65, "E6"],
  [0, 80, "L0 L1"],
  [0, 90, "6F"],
  [0, 114, "79"],
  [0, 128, "7N"],
  [0, 140, "30"],
  [0, UNLIMITED, "01 02 03 04 05 0C 18 19 1A 1B 42"],
  [1, 5, "43"],
  [1, 10, "6H"],
  [1, 38, "6G"],
  [3, 7, "F4"],
  [4, 30, "DI DX"],
  [5, 15, "L4"],
  [5, 30, "L5 L6"],
  [8, 10, "D5"],
  [8, 11, "32"],
  [9, 11, "6Z"],
  [9, 14, "5L"],
  [14, 34, "35"],
  [14, 38, "31"],
  [1, 1, "1G 1H 5T 68 6J 76 7C 7D 7E 7F 7G 7I 7J 7O AF AG AT B6 BA BD C0 C5 F3 F5 L7 L8"],
  [2, 2, "26 2D 34 5J 65 67 6C 6I 6Y 7H A0 A6 B5 B9 BG D8 E0 E5 G0 G1 H1 H3 LA"],
  [3, 3, "6B A5 A7 A9 BE BF DY E4"],
  [4, 4, "06 08 09 36 37 45 53 54 56 AD AE E1 E2 E3"],
  [5, 5, "24 2B 5H 6W 78 7A AY C9"],
  [6, 6, "07 51 AO"],
  [7, 7, "52 AK H8"],
  [
    8,
    8,
    "1C 4A 4B 55 57 69 6L 6N 6O 75 96 AA AI AN B7 C4 D3 D4 D6 D7 D9 DA DD DL DS F2 G3 H4 H5 H9 HA L2 L9",
  ],
  [9, 9, "0A 0B 7L DF DN DU E7 HB"],
  [10, 10, "CB"],
  [11, 11, "AL"],
  [12, 12, "6R 70 71 86 C3 CC E8 F6"],
  [13, 13, "40 44 47 49 7K AJ"],
  [14, 14, "50 BK DG DO DV"],
  [17, 17, "85 A4 D0"],
  [19, 19, "6K"],
  [21, 21, "5N"],
];

/** By identifier. */
export const FIELD_LENGTHS: ReadonlyMap<string, FieldLength> = new Map(
  LENGTHS.flatMap(([least, most, ids]) => ids.split(" ").map((id) => [id, { least, most }] as const)),
);

/** Fields without which a seal of this type says too little to be one; other types are not looked at so closely. */
export const MANDATORY_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["07", ["60", "62", "65", "66", "67", "68", "6C"]],
]);
