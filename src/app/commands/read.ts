/** `varco read`: one card, document, seal or both, for a technician; says what it proves, never the number. */

import type { CardReading } from "../../gate/read-card.ts";
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { type Outcome, openConfig } from "./site.ts";
import { awaitTap, awaitTapOn, readNumber, type Tap } from "./tap.ts";

const DOCUMENT_OPTIONS: readonly string[] = ["can", "mrz", "bac", "photo", "vpcd-listen"];

export const readCommand: Execute = async (invocation, io) => {
  if (invocation.flags.has("document"))
    return (await import("./read-document.ts")).readDocumentCommand(invocation, io);
  if (invocation.texts["seal"] !== undefined)
    return (await import("./read-seal.ts")).readSealCommand(invocation, io);
  const stray = DOCUMENT_OPTIONS.find(
    (name) => invocation.flags.has(name) || invocation.texts[name] !== undefined,
  );
  if (stray !== undefined) {
    io.err(`--${stray} goes with --document; see varco read --help`);
    return EXIT.usage;
  }
  const { hsu } = invocation.texts;
  const tap = await (hsu === undefined ? tapAtDoor(invocation, io) : awaitTapOn(hsu, io, readNumber(io)));
  if ("exit" in tap) return tap.exit;
  const { readMs } = tap.value;
  const { proofs, kind, identifier } = tap.value.found;
  identifier.reveal().fill(0);
  const result = { kind, proofs: [...proofs], readMs: Math.round(readMs * 10) / 10 };
  io.out(
    invocation.flags.has("json")
      ? JSON.stringify(result)
      : `read ${kind} in ${result.readMs} ms; proofs: ${result.proofs.join(", ")}`,
  );
  return EXIT.done;
};

async function tapAtDoor(invocation: Invocation, io: CommandIo): Promise<Outcome<Tap<CardReading>>> {
  const config = await openConfig(invocation, io);
  return "exit" in config ? config : awaitTap(config.value, invocation, io, readNumber(io));
}
