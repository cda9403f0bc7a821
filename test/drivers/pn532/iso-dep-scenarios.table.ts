/**
 * Conversations of an ISO-DEP reader, block by block: what it sends, and what it hears next. Worked out by hand from the
 * rules of ISO/IEC 14443-4 §7.5.3 to §7.5.5 along the scenarios of its annex B. The card takes frames of 16 bytes, which
 * leaves 13 for data; what is out of place is not in the annex, and ours.
 */

/** A block sent, and what was heard: bytes in hexadecimal, "silence" or "damaged". */
export type Line = readonly [sent: string, heard: string];

/** `end`: the response, or the kind of the error. */
type Scenario = readonly [name: string, command: string, lines: readonly Line[], end: string];

export const SHORT = "00A4040C";
/** Together three blocks. */
export const [PART_1, PART_2, PART_3] = ["A1".repeat(13), "A2".repeat(13), "A3".repeat(5)] as const;
export const LONG = `${PART_1}${PART_2}${PART_3}`;

/** Nothing goes wrong: annex B.2, rules 1 to 3, 7, 9, 10 and 13. */
export const ERROR_FREE: readonly Scenario[] = [
  [
    "the card asks for time, and again (rules 3 and 9)",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 0A"],
      ["F2 0A", "F2 3B"],
      ["F2 3B", "02 9000"],
    ],
    "9000",
  ],
  [
    "the request tells the card's power, the grant does not",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 C1"],
      ["F2 01", "02 9000"],
    ],
    "9000",
  ],
  [
    "the reader chains (rules 2 and 7)",
    LONG,
    [
      [`12 ${PART_1}`, "A2"],
      [`13 ${PART_2}`, "A3"],
      [`02 ${PART_3}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "a command that fills its blocks ends without chaining in the last",
    PART_1 + PART_2,
    [
      [`12 ${PART_1}`, "A2"],
      [`03 ${PART_2}`, "03 9000"],
    ],
    "9000",
  ],
  [
    "the card chains (rules 2 and 13)",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "13 C2"],
      ["A2", "02 9000"],
    ],
    "C1C29000",
  ],
  [
    "the card's last part is empty",
    SHORT,
    [
      [`02 ${SHORT}`, "12 9000"],
      ["A3", "03"],
    ],
    "9000",
  ],
  [
    "both chain, and the card asks for time in the place of each kind of block (rule 9)",
    PART_1 + PART_3,
    [
      [`12 ${PART_1}`, "F2 01"],
      ["F2 01", "A2"],
      [`03 ${PART_3}`, "F2 02"],
      ["F2 02", "13 C1"],
      ["A2", "F2 03"],
      ["F2 03", "12 C2"],
      ["A3", "03 9000"],
    ],
    "C1C29000",
  ],
];

/** Annex B.3.1, rules 4, 6, 11 and 12. */
export const LOST_BLOCKS: readonly Scenario[] = [
  [
    "the I-block is lost",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "A3"],
      [`02 ${SHORT}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "the answer is lost",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "the answer is damaged, and R(NAK) is lost",
    SHORT,
    [
      [`02 ${SHORT}`, "damaged"],
      ["B2", "silence"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "the I-block is lost, and R(ACK) is damaged",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "damaged"],
      ["B2", "A3"],
      [`02 ${SHORT}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "the I-block is lost twice: the second time, R(ACK) answers R(NAK) again",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "A3"],
      [`02 ${SHORT}`, "damaged"],
      ["B2", "A3"],
      [`02 ${SHORT}`, "02 9000"],
    ],
    "9000",
  ],
];

/** Annex B.3.2, rules 3 to 5 and 11. */
export const LOST_REQUESTS_FOR_TIME: readonly Scenario[] = [
  [
    "the request is damaged",
    SHORT,
    [
      [`02 ${SHORT}`, "damaged"],
      ["B2", "F2 05"],
      ["F2 05", "02 9000"],
    ],
    "9000",
  ],
  [
    "the grant is lost: the card asks again",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 05"],
      ["F2 05", "silence"],
      ["B2", "F2 05"],
      ["F2 05", "02 9000"],
    ],
    "9000",
  ],
  [
    "the grant is lost, and R(NAK) too",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 05"],
      ["F2 05", "silence"],
      ["B2", "silence"],
      ["B2", "F2 05"],
      ["F2 05", "02 9000"],
    ],
    "9000",
  ],
  [
    "the answer behind the grant is damaged",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 05"],
      ["F2 05", "damaged"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "the grant is lost while the card chains: it is asked by R(ACK) (rule 5)",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "F2 05"],
      ["F2 05", "silence"],
      ["A3", "F2 05"],
      ["F2 05", "03 9000"],
    ],
    "C19000",
  ],
];

/** Annex B.3.4, rules 4 to 7 and 11 to 13. */
export const LOST_PARTS: readonly Scenario[] = [
  [
    "a part of the command is lost",
    LONG,
    [
      [`12 ${PART_1}`, "A2"],
      [`13 ${PART_2}`, "silence"],
      ["B3", "A2"],
      [`13 ${PART_2}`, "A3"],
      [`02 ${PART_3}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "the acknowledgement of a part is lost",
    LONG,
    [
      [`12 ${PART_1}`, "silence"],
      ["B2", "A2"],
      [`13 ${PART_2}`, "damaged"],
      ["B3", "A3"],
      [`02 ${PART_3}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "the last part of the command is lost",
    LONG,
    [
      [`12 ${PART_1}`, "A2"],
      [`13 ${PART_2}`, "A3"],
      [`02 ${PART_3}`, "silence"],
      ["B2", "A3"],
      [`02 ${PART_3}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "a part of the answer is damaged",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "damaged"],
      ["A3", "13 C2"],
      ["A2", "02 9000"],
    ],
    "C1C29000",
  ],
  [
    "the first part of the answer is damaged: nobody knows yet that the card chains",
    SHORT,
    [
      [`02 ${SHORT}`, "damaged"],
      ["B2", "12 C1"],
      ["A3", "03 9000"],
    ],
    "C19000",
  ],
  [
    "the request for a part is lost, and the one after it",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "silence"],
      ["A3", "silence"],
      ["A3", "03 9000"],
    ],
    "C19000",
  ],
];

/** Whole blocks that do not belong where they are heard: late, repeated, or the card's mistake. */
export const OUT_OF_PLACE: readonly Scenario[] = [
  [
    "R(ACK) of the block before, heard late: the I-block is not sent again for it (rule D)",
    LONG,
    [
      [`12 ${PART_1}`, "A2"],
      [`13 ${PART_2}`, "A2"],
      ["B3", "A3"],
      [`02 ${PART_3}`, "A3"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "R(ACK) that answered R(NAK), heard twice: the I-block is sent again once",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "A3"],
      [`02 ${SHORT}`, "A3"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "R(ACK) behind a request for time, which a card makes that has the I-block: it is never sent again",
    SHORT,
    [
      [`02 ${SHORT}`, "F2 01"],
      ["F2 01", "silence"],
      ["B2", "A3"],
      ["B2", "A3"],
    ],
    "garbled",
  ],
  [
    "the same in the midst of a command",
    LONG,
    [
      [`12 ${PART_1}`, "F2 01"],
      ["F2 01", "A3"],
      ["B2", "A3"],
      ["B2", "A3"],
    ],
    "garbled",
  ],
  ["R(ACK) in the place of the answer (rule 10)", SHORT, [[`02 ${SHORT}`, "A2"]], "garbled"],
  [
    "R(ACK) in the place of the answer, to R(NAK)",
    SHORT,
    [
      [`02 ${SHORT}`, "silence"],
      ["B2", "A2"],
    ],
    "garbled",
  ],
  ["an answer to a part of a command (rule 2)", LONG, [[`12 ${PART_1}`, "02 9000"]], "garbled"],
  ["an answer to a part of a command, chained", LONG, [[`12 ${PART_1}`, "12 9000"]], "garbled"],
  [
    "an answer of the exchange before, heard late (rule B)",
    SHORT,
    [
      [`02 ${SHORT}`, "03 6A82"],
      ["B2", "02 9000"],
    ],
    "9000",
  ],
  [
    "an answer of the exchange before, in the midst of a command",
    LONG,
    [
      [`12 ${PART_1}`, "03 6A82"],
      ["B2", "A2"],
      [`13 ${PART_2}`, "A3"],
      [`02 ${PART_3}`, "02 9000"],
    ],
    "9000",
  ],
  [
    "a part of the answer, heard twice",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "12 C1"],
      ["A3", "03 9000"],
    ],
    "C19000",
  ],
  [
    "R(ACK) while the card chains, whatever its number",
    SHORT,
    [
      [`02 ${SHORT}`, "12 C1"],
      ["A3", "A2"],
      ["A3", "A3"],
      ["A3", "03 9000"],
    ],
    "C19000",
  ],
];
