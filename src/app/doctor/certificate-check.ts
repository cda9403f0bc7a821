/** How long the broker's authority will be trusted: a certificate that ends takes the connection with it. */

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { MqttConfig } from "../../config/schema.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import type { Instant } from "../../time/time.ts";
import { bad, type Check, doubtful, notApplicable, well } from "./check.ts";

const NAME = "broker certificate";
/** Time enough for a person to bring a new one. */
const SOON_DAYS = 30;
const REMEDY = "put the authority's new certificate in its place and restart the gate";

/** The certificate of `caFile`; without one there is nothing of ours that ends. */
export async function checkCertificate({ caFile }: MqttConfig, now: Instant): Promise<Check> {
  if (caFile === undefined) return notApplicable(NAME, "no caFile is configured");
  try {
    const { validTo } = new X509Certificate(await readFile(caFile));
    const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
    const found = days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`;
    if (days < 0) return bad(NAME, found, REMEDY);
    return days < SOON_DAYS ? doubtful(NAME, found, REMEDY) : well(NAME, found);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "not a certificate";
    return bad(NAME, `${caFile} cannot be read (${code})`, "give the authority's certificate in PEM");
  }
}
