/** Both ends of secure messaging from one secret: the reader's under test, and the chip's that was written apart. */
import { type CommandApdu, encodeCommand } from "../../src/apdu/command.ts";
import { parseResponse, type ResponseApdu } from "../../src/apdu/response.ts";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { good } from "../good.ts";
import { ChipSession, chipKey } from "./chip-session.ts";

export const SUITES: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];
export const READ: CommandApdu = { cla: 0x00, ins: 0xb0, p1: 0x00, p2: 0x00, le: 4 };

export function responseOf(bytes: Uint8Array): ResponseApdu {
  const response = parseResponse(bytes);
  if (response === undefined) throw new Error("an answer without a status");
  return response;
}

export function ends(name: SuiteName, secret = new Uint8Array(32).fill(0x11)) {
  const { kdf } = suite(name);
  return {
    reader: new SecureSession({ suite: name, ksEnc: kdf(secret, 1), ksMac: kdf(secret, 2) }),
    chip: new ChipSession(name, { enc: chipKey(name, secret, 1), mac: chipKey(name, secret, 2) }),
  };
}

/** Both ends after the reader has sent `command` and the chip has opened it: the answer is awaited. */
export function asked(name: SuiteName, command: CommandApdu = READ) {
  const both = ends(name);
  both.chip.open(encodeCommand(good(both.reader.protect(command))));
  return both;
}
