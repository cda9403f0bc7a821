/**
 * `varco relay-off`, and the same act at the start of a gate. Loads neither schema nor database.
 */
import { silentLog } from "../../ports/log.ts";
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { describeError } from "../describe-error.ts";
import { relaysOff } from "../relay-off.ts";
import { earlyStateDirectory } from "../state-directory.ts";

/** Exit 0 when every relay reads back off, 3 when the pin map or any line fails; each failure is told. */
export const relayOffCommand: Execute = async ({ texts, flags }, io) => {
  const result = await relaysOff(earlyStateDirectory(texts["state-dir"], io.environment), silentLog);
  if (flags.has("json")) {
    io.out(
      JSON.stringify(result.ok ? { off: result.value.lines } : { failed: result.error.map(describeError) }),
    );
  } else if (result.ok) {
    io.out(`relays off on GPIO ${result.value.lines.join(", ")}`);
  }
  if (!result.ok) for (const error of result.error) io.err(describeError(error));
  return result.ok ? EXIT.done : EXIT.environment;
};

/**
 * The first act of a gate. A failure is told but does not stop the start: the configuration may name other
 * lines, and the gate itself refuses to run on a line that it cannot hold. A missing pin map is the first start.
 */
export async function putRelaysOffFirst({ texts }: Invocation, io: CommandIo): Promise<void> {
  const result = await relaysOff(earlyStateDirectory(texts["state-dir"], io.environment), silentLog);
  if (result.ok) return;
  for (const error of result.error) {
    if (error.kind !== "pinMapMissing") io.err(describeError(error));
  }
}
