/**
 * Selection of the CIE application on the service side of the card, with the variants that the families
 * need: IAS-ECC application or master file first, then the CIE dedicated file, which must answer 9000.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import type { ResponseApdu } from "../apdu/response.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { hex } from "../bytes/hex.ts";
import { err, ok } from "../result.ts";
import type { RootRoute } from "./families.ts";

/** What a chip that is no CIE turned out to carry, as far as one question each can tell. */
export type OtherApplication = "payment" | "travelDocument" | "unknown";

export interface NotCie {
  readonly kind: "notCie";
  readonly application: OtherApplication;
}

/** SELECT by DF name, no answer data wanted (P2 0C; ISO/IEC 7816-4 §11.2.2). */
const selectApplication = (aid: Uint8Array): CommandApdu => ({
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  p2: 0x0c,
  data: aid,
});

const SELECT_IAS = selectApplication(hex("A0000000308000000009816001"));
const SELECT_CIE = selectApplication(hex("A00000000039"));
const SELECT_EMRTD = selectApplication(hex("A0000002471001"));
/** Payment cards and wallets answer to the proximity payment directory, 2PAY.SYS.DDF01 (EMV Book B). */
const SELECT_PPSE: CommandApdu = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  p2: 0x00,
  data: hex("325041592E5359532E4444463031"),
  le: 256,
};

const SELECT_ROOT: Readonly<Record<RootRoute, CommandApdu>> = {
  iasApplication: SELECT_IAS,
  masterFile: { cla: 0x00, ins: 0xa4, p1: 0x00, p2: 0x00 },
  masterFileById: { cla: 0x00, ins: 0xa4, p1: 0x00, p2: 0x0c, data: hex("3F00") },
};

/**
 * Makes the CIE application current and returns the route that led there. Tries the routes in the order
 * given; when no root can be selected it tries the application all the same, as several readers in the
 * field do. Two commands on the first route. Fails with `notCie` when the application is refused.
 */
export function* selectCie(routes: readonly RootRoute[]): Exchange<RootRoute | undefined, NotCie> {
  let anyRoot = false;
  for (const route of routes) {
    const root = yield SELECT_ROOT[route];
    if (root.sw !== SW_OK) continue;
    anyRoot = true;
    const application = yield SELECT_CIE;
    if (application.sw === SW_OK) return ok(route);
  }
  if (!anyRoot) {
    const application = yield SELECT_CIE;
    if (application.sw === SW_OK) return ok(undefined);
  }
  return err({ kind: "notCie", application: yield* recognise() });
}

/** Asks a chip that is no CIE what it is, so that the operator's log can say it. */
function* recognise(): Generator<CommandApdu, OtherApplication, ResponseApdu> {
  const payment = yield SELECT_PPSE;
  if (payment.sw === SW_OK) return "payment";
  const document = yield SELECT_EMRTD;
  return document.sw === SW_OK ? "travelDocument" : "unknown";
}
