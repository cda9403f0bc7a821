/**
 * What happens meanwhile at the stadium lane beside the gym, as data: who is on the ticket list, who was enrolled with the
 * digits of his card, and who comes with which document. French identity cards are taken here with the seal on their back alone,
 * which their holders show before they type. Nobody's data are real; see `src/sim/arrivals.ts`.
 */
import { ARRIVALS } from "../../sim/arrivals.table.ts";
import { type Arrival, arrival, type ListedHolder } from "../../sim/arrivals.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { documentSeal } from "../../sim/seal/document-seal.ts";
import { type CardScene, type Entry, type Expected, USUAL_HOLD_MS } from "./scene.ts";

const enrolled = arrival("chiara");
const french = arrival("lucas");
const slow = arrival("camille");
const german = arrival("greta");
const expired = arrival("elena");
const stranger = arrival("sanne");

/** Everybody who comes here. */
export const VISITORS: readonly Arrival[] = [enrolled, french, slow, german, expired, stranger];

/** The card that is enrolled at the ticket office, with the digits on its front. */
export const SEASON_TICKET: { readonly card: CardSpec; readonly can: string } = {
  card: enrolled.spec,
  can: enrolled.can ?? "",
};

/** On the list by their documents; nobody of them has been there before. */
export const TICKETS: readonly ListedHolder[] = [french, slow, german, expired].map(({ holder }) => holder);

/** After the nonce of PACE: the key agreement has begun. */
const ANSWERS_BEFORE_AGREEMENT = 4;
const READS_THE_LAMPS_MS = 1_000;
/** The reading, and time to see that the lamps ask for another seal. */
const ASKED_AGAIN_MS = 3_000;

/** The lane's day. */
export function tellStadium(): readonly CardScene[] {
  const seals = { french: documentSeal(ARRIVALS.lucas), slow: documentSeal(ARRIVALS.camille) };
  const forged = documentSeal(ARRIVALS.lucas, { fault: "tampered" });
  const frenchman: Entry = { ...typed(french), seal: seals.french };
  const withSeal = (seal: string): Entry => ({ ...frenchman, seal, sealAgainMs: ASKED_AGAIN_MS });
  const wrong: Entry = { at: "keypad", lines: ["000000"], seal: seals.slow };
  const right: Entry = { ...typed(slow), seal: seals.slow };
  const late: Entry = { ...right, lyingMs: READS_THE_LAMPS_MS };
  const altered = arrival("lucas", "tamperedDg1").spec;
  const copied = arrival("lucas", "copied").spec;
  return [
    comes("enrolled CIE that only taps", enrolled.spec, VERIFIED),
    comes("CNIe, seal shown and digits typed first", french.spec, SEALED, frenchman),
    comes("CNIe with the seal of another card", french.spec, OTHERS_SEAL, withSeal(seals.slow)),
    comes("passport, its zone shown first", german.spec, VERIFIED, scanned(german)),
    comes("CNIe, seal and digits as it lies there", slow.spec, SEALED, late),
    comes("CNIe with another name in its seal", french.spec, FORGED_SEAL, withSeal(forged)),
    comes("CNIe, wrong digits", slow.spec, "denied InvalidPIN", wrong),
    comes("the same CNIe, right digits", slow.spec, SEALED, right),
    comes("CNIe with another name in it", altered, "denied acs:DocumentAuthenticationFailed", frenchman),
    comes("CNIe copied to another chip", copied, "denied acs:ChipAuthenticationFailed", frenchman),
    comes("CIE that has expired", expired.spec, "denied acs:DocumentExpired", typed(expired)),
    comes("sound passport without a ticket", stranger.spec, "denied CredentialNotFound", scanned(stranger)),
    comes("CNIe pulled away during PACE", tornOff(french), "denied acs:ReadIncomplete", frenchman),
    comes("the same CNIe again, nothing entered", french.spec, SEALED),
    comes("phone, digits typed first", { card: "phone" }, "denied Other", typed(french)),
  ];
}

const VERIFIED: Expected = "granted verifiedDocument";
const SEALED: Expected = "granted verifiedDocument + seal";
/** It may be a mistake, and accuses nobody. */
const OTHERS_SEAL: Expected = "denied acs:DocumentAuthenticationFailed sealNumberDiffers";
/** Raises an alarm besides. */
const FORGED_SEAL: Expected = "denied acs:DocumentAuthenticationFailed sealSignatureInvalid";

const typed = ({ can = "" }: Arrival): Entry => ({ at: "keypad", lines: [can] });
const scanned = ({ mrzLines }: Arrival): Entry => ({ at: "scanner", lines: mrzLines });

const comes = (what: string, card: CardSpec, expected: Expected, entry?: Entry): CardScene => ({
  ...{ title: `stadium: ${what}`, card, lane: 3, expected, holdMs: USUAL_HOLD_MS },
  ...(entry === undefined ? {} : { entry }),
});

/** Gone in the middle, however quick or slow the machine is. */
function tornOff({ spec }: Arrival): CardSpec {
  if (spec.card !== "emrtd") throw new Error("no travel document by itself");
  return { ...spec, tearAfterApdu: ANSWERS_BEFORE_AGREEMENT };
}
