/** `varco credentials list`: both lists by tag, kind, group, validity and reference; one JSON object a line on request. */
import type { ListedCredential } from "../../journal/credential-listing.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import type { Instant } from "../../time/time.ts";
import { EXIT, type Execute } from "../command.ts";
import { failed, openConfig, openSite } from "./site.ts";

/** Lines after which the event loop gets a turn, so that a person can interrupt. */
const LINES_AT_ONCE = 1000;

export const listCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  const { register, close } = site.value;
  const show = invocation.flags.has("json")
    ? (entry: ListedCredential) => JSON.stringify(credentialJson(entry))
    : credentialLine;
  try {
    let shownCount = 0;
    for (const entry of register.list()) {
      if (!entry.ok) return failed(io, entry.error).exit;
      io.out(show(entry.value));
      shownCount++;
      if (shownCount % LINES_AT_ONCE === 0) await io.clock.sleep(0);
      if (io.signal.aborted) break;
    }
    return EXIT.done;
  } finally {
    close();
  }
};

/** One credential for people, its parts divided by tabs. */
export function credentialLine(entry: ListedCredential): string {
  const list = entry.denyListed ? "DENIED" : entry.enabled ? entry.group : `${entry.group} (off)`;
  const chip = entry.hasChip ? "chip" : "-";
  return [entry.displayTag, entry.kind, list, validity(entry), chip, entry.reference ?? ""]
    .join("\t")
    .trimEnd();
}

function validity({ validFrom, validUntil }: ListedCredential): string {
  const text = (time: Instant | undefined) => (time === undefined ? "" : toIso8601(time));
  return validFrom === undefined && validUntil === undefined
    ? "always"
    : `${text(validFrom)}/${text(validUntil)}`;
}

/** The same for programs. */
export function credentialJson({
  displayTag,
  kind,
  denyListed,
  hasChip,
  group,
  enabled,
  validFrom,
  validUntil,
  reference,
}: ListedCredential) {
  const time = (instant: Instant | undefined) => (instant === undefined ? undefined : toIso8601(instant));
  return {
    card: displayTag,
    kind,
    list: denyListed ? "deny" : "allow",
    ...(denyListed ? {} : { group, enabled, from: time(validFrom), until: time(validUntil) }),
    ...(hasChip ? { chip: "pinned" } : {}),
    reference,
  };
}
