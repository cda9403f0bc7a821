/** `varco read`: one card, for a technician; says what it proves, never the number. */
import { EXIT, type Execute } from "../command.ts";
import { openConfig } from "./site.ts";
import { awaitTap } from "./tap.ts";

export const readCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const tap = await awaitTap(config.value, invocation, io);
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
