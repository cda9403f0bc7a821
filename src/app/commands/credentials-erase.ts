/**
 * `varco credentials erase`: all that is kept of one holder goes at once: list entries, pinned chip with document and access
 * number, wrong passwords, and his part of the journal's rows, which stay without him. Shown first, and asked about. An entry
 * of the deny list is not the holder's to erase: `credentials revoke` is the operator's word for that.
 */
import type { Erasure, FoundHolder, HolderDesk } from "../../journal/holder-records.ts";
import type { Remains } from "../../journal/remains.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { isNothing, NOTHING_KEPT, recordLines, withHolder } from "./holder-choice.ts";
import { failed } from "./site.ts";

const YES = "yes";

export const eraseCommand: Execute = (invocation, io) =>
  withHolder(invocation, io, async ({ desk, found }) => {
    if (isNothing(found)) return eraseRemains(desk, found, io);
    const isDenied = found.credentials.some(({ denyListed }) => denyListed);
    if (!isDenied && !(await isWanted(found, invocation, io))) return EXIT.negative;
    const erased = await desk.erase(found);
    return erased.ok ? tell(found, erased.value, invocation, io) : failed(io, erased.error).exit;
  });

/** Of somebody erased before, at his date or by a command that was cut short, copies may be left in the file. */
async function eraseRemains(desk: HolderDesk, found: FoundHolder, io: CommandIo): Promise<ExitCode> {
  const remains = await desk.overwrite(found);
  if (!remains.ok) return failed(io, remains.error).exit;
  io.err(NOTHING_KEPT);
  tellRemains(remains.value, io);
  return EXIT.negative;
}

function tellRemains(remains: Remains, io: CommandIo): void {
  if (remains === "overwritten") io.err("copies in free parts of the file were overwritten");
  if (remains === "left")
    io.err(
      "others use the database, and its file may still have copies: stop the gate and give the same command again",
    );
}

async function isWanted(found: FoundHolder, { flags }: Invocation, io: CommandIo): Promise<boolean> {
  for (const line of recordLines(found)) io.err(line);
  if (flags.has(YES)) return true;
  const answer = await io.askSecret(`all of this is erased for good; type ${YES} to go on`);
  if (answer !== undefined && new TextDecoder().decode(answer).trim() === YES) return true;
  io.err(`nothing was erased: the answer was not ${YES}, and --${YES} was not given`);
  return false;
}

function tell(found: FoundHolder, erasure: Erasure, { flags }: Invocation, io: CommandIo): ExitCode {
  if (erasure.kind === "denied") {
    io.err(
      "nothing was erased: the holder is on the deny list, which is kept on the operator's grounds, not the holder's; take him off with varco credentials revoke, and erase then",
    );
    return EXIT.negative;
  }
  const { credentials, chips, passwordTries, events } = found;
  const { remains } = erasure;
  const report = { credentials: credentials.length, chips: chips.length, passwordTries, events, remains };
  io.out(flags.has("json") ? JSON.stringify(report) : "erased");
  tellRemains(remains, io);
  return EXIT.done;
}
