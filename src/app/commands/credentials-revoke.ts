/**
 * `varco credentials revoke`: by the operator's reference, or by a display tag that only one card has. Takes
 * off both lists: a denied card is then no longer denied, but a stranger.
 */
import type { Revocation } from "../../journal/credential-register.ts";
import { EXIT, type Execute } from "../command.ts";
import { credentialName } from "./holder-choice.ts";
import { failed, openConfig, openSite } from "./site.ts";

export const revokeCommand: Execute = async (invocation, io) => {
  const [name = ""] = invocation.positionals;
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  const revoked = await site.value.register.revoke(credentialName(name));
  site.value.close();
  if (!revoked.ok) return failed(io, revoked.error).exit;
  io.out(invocation.flags.has("json") ? JSON.stringify(revoked.value) : sentence(revoked.value));
  return revoked.value.kind === "revoked" ? EXIT.done : EXIT.negative;
};

function sentence(revocation: Revocation): string {
  switch (revocation.kind) {
    case "revoked":
      return `revoked ${revocation.count} ${revocation.count === 1 ? "entry" : "entries"}`;
    case "notFound":
      return "no credential has this reference or tag; see varco credentials list";
    case "ambiguous":
      return `${revocation.count} cards share this tag and none was revoked: use the reference`;
  }
}
