/** `varco credentials list`: both lists by tag, group, validity and reference; one JSON object a line on request. */
import type { ListedCredential } from "../../journal/credential-store.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import type { Instant } from "../../time/time.ts";
import { EXIT, type Execute } from "../command.ts";
import { failed, openConfig, openSite } from "./site.ts";

const PAGE = 1000;

export const listCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  const { store, close } = site.value;
  const show = invocation.flags.has("json") ? asJson : asLine;
  try {
    for (let offset = 0; ; offset += PAGE) {
      const page = store.list({ limit: PAGE, offset });
      if (!page.ok) return failed(io, page.error).exit;
      for (const entry of page.value) io.out(show(entry));
      if (page.value.length < PAGE || io.signal.aborted) return EXIT.done;
    }
  } finally {
    close();
  }
};

function asLine(entry: ListedCredential): string {
  const list = entry.denyListed ? "DENIED" : entry.enabled ? entry.group : `${entry.group} (off)`;
  return [entry.displayTag, list, validity(entry), entry.reference ?? ""].join("\t").trimEnd();
}

function validity({ validFrom, validUntil }: ListedCredential): string {
  const text = (time: Instant | undefined) => (time === undefined ? "" : toIso8601(time));
  return validFrom === undefined && validUntil === undefined
    ? "always"
    : `${text(validFrom)}/${text(validUntil)}`;
}

function asJson({
  displayTag,
  denyListed,
  group,
  enabled,
  validFrom,
  validUntil,
  reference,
}: ListedCredential): string {
  const time = (instant: Instant | undefined) => (instant === undefined ? undefined : toIso8601(instant));
  return JSON.stringify({
    card: displayTag,
    list: denyListed ? "deny" : "allow",
    ...(denyListed ? {} : { group, enabled, from: time(validFrom), until: time(validUntil) }),
    reference,
  });
}
