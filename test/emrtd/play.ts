/** Runs a protocol against a chip that is a function from command to answer, both as bytes; no reader between. */
import { encodeCommand } from "../../src/apdu/command.ts";
import type { Exchange } from "../../src/apdu/exchange.ts";
import { parseResponse } from "../../src/apdu/response.ts";
import type { Result } from "../../src/result.ts";

export type Chip = (command: Uint8Array) => Uint8Array;

/** More commands than any protocol under test sends: one that goes on without end fails. */
const MAX_COMMANDS = 200;

export function play<T, E>(protocol: Exchange<T, E>, chip: Chip): Result<T, E> {
  let step = protocol.next();
  for (let count = 0; step.done !== true; count++) {
    if (count === MAX_COMMANDS) throw new Error("the protocol does not end");
    const response = parseResponse(chip(encodeCommand(step.value)));
    if (response === undefined) throw new Error("the test's chip answered without a status");
    step = protocol.next(response);
  }
  return step.value;
}
