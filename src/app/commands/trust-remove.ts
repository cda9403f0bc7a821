/**
 * `varco trust remove`: one certificate or pinned signer by the first digits of its fingerprint, a key with all the
 * certificates it is in by those of its identifier, all that a file brought, or everything. What a list brought
 * comes back with the list.
 */
import { type TrustName, TrustRegister, type TrustRemoval } from "../../journal/trust-register.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { failed, type Outcome, openConfig, openSite } from "./site.ts";
import { countsText } from "./trust-report.ts";

/** Fewer digits could mean another certificate after the next import. */
const DIGITS = /^[0-9a-fA-F]{8,64}$/;

export const trustRemoveCommand: Execute = async (invocation, io) => {
  const name = nameIn(invocation, io);
  if ("exit" in name) return name.exit;
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const register = TrustRegister.open(site.value.database, site.value.journal);
    if (!register.ok) return failed(io, register.error).exit;
    const removed = await register.value.remove(name.value);
    if (!removed.ok) return failed(io, removed.error).exit;
    return tell(removed.value, invocation, io);
  } finally {
    site.value.close();
  }
};

/** Exactly one of the three ways to say what goes. */
function nameIn({ positionals, texts, flags }: Invocation, io: CommandIo): Outcome<TrustName> {
  const [digits] = positionals;
  const source = texts["source"];
  const names: TrustName[] = [];
  if (digits !== undefined) names.push({ by: "digits", digits });
  if (source !== undefined) names.push({ by: "source", name: source });
  if (flags.has("all")) names.push({ by: "everything" });
  const [name] = names;
  if (name === undefined || names.length > 1) {
    io.err("give a fingerprint or key id, or --source NAME, or --all");
    return { exit: EXIT.usage };
  }
  if (name.by === "digits" && !DIGITS.test(name.digits)) {
    io.err("give 8 to 64 hexadecimal digits of a fingerprint or key id, as varco trust list shows them");
    return { exit: EXIT.usage };
  }
  return { value: name };
}

function tell(removal: TrustRemoval, { flags }: Invocation, io: CommandIo): ExitCode {
  if (flags.has("json")) io.out(JSON.stringify(removal));
  else for (const line of linesOf(removal)) io.out(line);
  return removal.kind === "removed" ? EXIT.done : EXIT.negative;
}

function linesOf(removal: TrustRemoval): readonly string[] {
  switch (removal.kind) {
    case "removed":
      return removal.sameKeyLeft === 0
        ? [countsText(removal)]
        : [
            countsText(removal),
            `the same key is in ${removal.sameKeyLeft} more and trusted as before: remove it by its key id`,
          ];
    case "notFound":
      return ["nothing in the trust store goes by this name; see varco trust list"];
    case "ambiguous":
      return [
        "several begin so, and none was removed: give more digits of one of these",
        ...removal.candidates.map(
          ({ what, digits, subject }) =>
            `  ${what === "keyId" ? "key id " : "SHA-256"} ${digits}  ${subject}`,
        ),
      ];
  }
}
