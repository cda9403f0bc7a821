/**
 * What happens meanwhile at the bicycle park before the stadium, as data. It opens to ticket holders by the seal on the back of
 * a card alone, without the card: nothing there is worth a printed picture. What that costs is shown, too: whoever has
 * photographed a seal passes as its holder does.
 */
import { SEAL_REARM_MS } from "../../gate/lane.ts";
import { ARRIVALS } from "../../sim/arrivals.table.ts";
import { documentSeal } from "../../sim/seal/document-seal.ts";
import type { Expected, SealScene } from "./scene.ts";

/** Longer than a seal has to be out of view to count as shown anew. */
const LATER_MS = SEAL_REARM_MS + 500;
/** A scanner reads again what stays in view. */
const STAYS_IN_VIEW = 2;

/** The day of the park. Lucas and Camille are on the ticket list; the third document is nobody's there. */
export function tellBicyclePark(): readonly SealScene[] {
  const lucas = documentSeal(ARRIVALS.lucas);
  const camille = documentSeal(ARRIVALS.camille);
  const unlisted = documentSeal(ARRIVALS.camille, { fault: "otherNumber" });
  const forged = documentSeal(ARRIVALS.lucas, { fault: "tampered" });
  return [
    comes("ticket holder's seal, no card", lucas, BY_SEAL, { sights: STAYS_IN_VIEW }),
    comes("seal with another name in it", forged, FORGED),
    comes("sound seal without a ticket", unlisted, "denied CredentialNotFound"),
    comes("another ticket holder's seal", camille, BY_SEAL),
    comes("the first seal, photographed", lucas, BY_SEAL, { pauseMs: LATER_MS }),
  ];
}

const BY_SEAL: Expected = "granted documentSeal";
/** Raises an alarm besides. */
const FORGED: Expected = "denied acs:DocumentAuthenticationFailed sealSignatureInvalid";

const comes = (
  what: string,
  seal: string,
  expected: Expected,
  more: Partial<Pick<SealScene, "sights" | "pauseMs">> = {},
): SealScene => ({
  ...{ title: `bicycles: ${what}`, lane: 4, seal, expected, sights: 1, pauseMs: 0 },
  ...more,
});
