// Every typed error as a sentence for people.
import { expect, test } from "vitest";
import { type AppError, describeError, describeProblem, remedyOf } from "../../src/app/describe-error.ts";

const file = "/var/lib/varco/varco.db";
const node = "/dev/spidev0.0";
const remedy = "do this";
const cause = new Error("PASSWORD in a foreign message");

const ERRORS: readonly (readonly [AppError, string])[] = [
  [{ kind: "nodeMissing", node, remedy, cause }, `${node} does not exist: do this`],
  [{ kind: "permissionDenied", node, remedy, cause }, `no permission for ${node}: do this`],
  [{ kind: "permissionDenied", file, remedy, cause }, `no permission for ${file}: do this`],
  [
    { kind: "packageMissing", node, remedy, cause },
    `the native package for ${node} is not installed: do this`,
  ],
  [{ kind: "busFailed", node, cause }, `a transfer on ${node} failed: check the wiring and run varco doctor`],
  [
    { kind: "gpioChipMissing", seen: ["a", "b"], remedy },
    "no GPIO chip of a Raspberry Pi found (seen: a, b): do this",
  ],
  [
    { kind: "gpioChipMissing", seen: [], remedy },
    "no GPIO chip of a Raspberry Pi found (seen: none): do this",
  ],
  [{ kind: "gpioUnavailable", line: 17, remedy, cause }, "GPIO 17 cannot be taken: do this"],
  [
    { kind: "gpioFailed", line: 17, cause },
    "GPIO 17 does not obey: check that nothing else uses it and run varco doctor",
  ],
  [{ kind: "chipSilent", remedy }, "the reader does not answer: do this"],
  [
    { kind: "chipGarbled", observed: "FF FF", remedy },
    "the reader's answers are no PN532's (bytes seen: FF FF): do this",
  ],
  [
    { kind: "chipRefused", command: "RFConfiguration", status: 0x7f },
    "the reader refused RFConfiguration with status 7F: run varco doctor",
  ],
  [{ kind: "cardLost", status: 1 }, "the card left the field (status 01): hold it still until the tone"],
  [
    { kind: "cardGarbled", why: "61xx without end" },
    "the card breaks the transport protocol (61xx without end)",
  ],
  [{ kind: "socatMissing", remedy, cause }, "the program socat is not installed: do this"],
  [{ kind: "linkTaken", link: "/tmp/pn532", remedy }, "/tmp/pn532 exists already: do this"],
  [
    { kind: "terminalFailed", link: "/tmp/pn532", remedy, cause },
    "no pseudo-terminal can be made at /tmp/pn532: do this",
  ],
  [
    { kind: "vpcdUnreachable", address: { host: "::1", port: 35963 }, remedy, cause },
    "no virtual reader listens at ::1:35963: do this",
  ],
  [{ kind: "vpcdPortUnusable", port: 35963, remedy, cause }, "port 35963 cannot be listened on: do this"],
  [{ kind: "diskFull", remedy, cause }, "the disk is full: do this"],
  [{ kind: "corrupt", file, remedy, cause }, `${file} is damaged: do this`],
  [{ kind: "unavailable", file, remedy, cause }, `${file} cannot be used: do this`],
  [{ kind: "newerSchema", file, remedy }, `${file} was written by a later version of varco: do this`],
  [
    { kind: "trustStoreEmpty", remedy },
    "the trust store has no certificate of a country that this gate accepts: do this",
  ],
  [
    { kind: "trustStoreWithoutSealers", remedy },
    "the trust store knows nobody who makes visible seals: do this",
  ],
  [
    { kind: "trustStoreDamaged", file, remedy },
    `the trust store in ${file} is not what was imported, and nothing of it is trusted: do this`,
  ],
  [
    { kind: "trustStoreChanged", remedy },
    "the trust store is not the one that the file was checked against any more: do this",
  ],
  [{ kind: "keyMissing", file, remedy, cause }, `there is no key file ${file}: do this`],
  [{ kind: "keyUnreadable", file, remedy, cause }, `the key file ${file} cannot be read: do this`],
  [{ kind: "keyExposed", file, remedy }, `others can read the key file ${file}: do this`],
  [{ kind: "keyMalformed", file, remedy }, `${file} holds no usable key: do this`],
  [{ kind: "readerBusy", node, remedy, cause }, `another varco process holds ${node}: do this`],
  [
    { kind: "lockFailed", node, remedy, cause },
    `the reader ${node} cannot be reserved for this process: do this`,
  ],
  [
    { kind: "stateDirectoryUnusable", directory: "/s", remedy, cause },
    "the state directory /s cannot be used: do this",
  ],
  [{ kind: "pinMapMissing", file, remedy, cause }, `there is no pin map ${file}: do this`],
  [{ kind: "pinMapCorrupt", file, remedy }, `the pin map ${file} cannot be read or makes no sense: do this`],
  [{ kind: "pinMapUnwritable", file, remedy, cause }, `the pin map ${file} cannot be written: do this`],
  [{ kind: "sinkFailed", file, remedy, cause }, `${file} cannot be written: do this`],
  [
    { kind: "relayStuck", line: 17, remedy },
    "the relay on GPIO 17 was put off but its pin still reads on: do this",
  ],
];

test.each(ERRORS)("$kind", (error, sentence) => {
  expect(describeError(error)).toBe(sentence);
});

test("an error inside another is told once, with its own remedy", () => {
  const inner: AppError = { kind: "nodeMissing", node, remedy };
  const outer: AppError = { kind: "readerFailed", error: { kind: "bus", error: inner } };
  expect(describeError(outer)).toBe(describeError(inner));
  expect(remedyOf(outer)).toBe(remedy);
});

test("a problem of the configuration names place, line, what was found and what is allowed", () => {
  const problem = {
    severity: "error",
    path: "site",
    found: "nothing",
    allowed: "a name",
    remedy: "add site",
  } as const;
  expect(describeProblem({ ...problem, line: 3 })).toBe(
    "error at site, line 3: found nothing; allowed is a name; add site",
  );
  expect(describeProblem({ ...problem, path: "" })).toBe("error: found nothing; allowed is a name; add site");
});
