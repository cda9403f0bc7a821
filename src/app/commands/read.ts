/** `varco read`: one card, for a technician; says what it proves, never the number. */
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { type Outcome, openConfig } from "./site.ts";
import { awaitTap, awaitTapOn, type Tap } from "./tap.ts";

export const readCommand: Execute = async (invocation, io) => {
  const { hsu } = invocation.texts;
  const tap = await (hsu === undefined ? tapAtDoor(invocation, io) : awaitTapOn(hsu, io));
  if ("exit" in tap) return tap.exit;
  const { proofs, kind, identifier, readMs } = tap.value;
  identifier.reveal().fill(0);
  const result = { kind, proofs: [...proofs], readMs: Math.round(readMs * 10) / 10 };
  io.out(
    invocation.flags.has("json")
      ? JSON.stringify(result)
      : `read ${kind} in ${result.readMs} ms; proofs: ${result.proofs.join(", ")}`,
  );
  return EXIT.done;
};

async function tapAtDoor(invocation: Invocation, io: CommandIo): Promise<Outcome<Tap>> {
  const config = await openConfig(invocation, io);
  return "exit" in config ? config : awaitTap(config.value, invocation, io);
}
