/** The fast path of a CIE: application, then NIS. Three commands on a known family. */
import type { Exchange } from "../apdu/exchange.ts";
import { ok } from "../result.ts";
import type { RootRoute } from "./families.ts";
import { type Nis, type NisError, readNis } from "./nis.ts";
import { type NotCie, selectCie } from "./select.ts";

export interface CieNis {
  readonly nis: Nis;
  /** The route that worked, to be remembered for the family; `undefined` when no root was needed. */
  readonly route: RootRoute | undefined;
}

/** Selects the CIE application by the given routes and reads its NIS. */
export function* readCieNis(routes: readonly RootRoute[]): Exchange<CieNis, NotCie | NisError> {
  const selected = yield* selectCie(routes);
  if (!selected.ok) return selected;
  const nis = yield* readNis();
  return nis.ok ? ok({ nis: nis.value, route: selected.value }) : nis;
}
