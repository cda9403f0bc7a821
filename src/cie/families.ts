/**
 * Families of CIE chips and the way to the root of their service side. Some chips know the IAS-ECC
 * application, others want the master file; the way that worked is remembered per historical bytes, so
 * that the next card of a family needs no detour. Historical bytes only order the attempts: an unknown
 * family takes the generic order and is remembered like the others.
 */
import { toHex } from "../bytes/hex.ts";

/** How to make the root of the service side current before the CIE application is selected. */
export type RootRoute = "iasApplication" | "masterFile" | "masterFileById";

const IAS_FIRST: readonly RootRoute[] = ["iasApplication", "masterFile", "masterFileById"];
const MASTER_FILE_FIRST: readonly RootRoute[] = ["masterFile", "masterFileById", "iasApplication"];

/** Historical bytes `80 31 80 65 49 54 …` ("IT" of ITNXP, ITJ4A …): the families seen to want the master file. */
const MASTER_FILE_PREFIX = "803180654954";

/** Families appear every two years or so; the bound only keeps hostile cards from growing the memory. */
const MAX_FAMILIES = 64;

/** Remembers, per family, the route to try first. One per gate; lost at restart without harm. */
export class FamilyCache {
  readonly #routes = new Map<string, RootRoute>();

  /** The routes in the order to try them for a card with these historical bytes. */
  routesFor(historicalBytes: Uint8Array): readonly RootRoute[] {
    const family = toHex(historicalBytes);
    const order = family.startsWith(MASTER_FILE_PREFIX) ? MASTER_FILE_FIRST : IAS_FIRST;
    const known = this.#routes.get(family);
    return known === undefined ? order : [known, ...order.filter((route) => route !== known)];
  }

  /** Notes that `route` led to the CIE application. The oldest family is forgotten when there are too many. */
  remember(historicalBytes: Uint8Array, route: RootRoute): void {
    const family = toHex(historicalBytes);
    const oldest = this.#routes.keys().next();
    if (this.#routes.size >= MAX_FAMILIES && !this.#routes.has(family) && oldest.done !== true) {
      this.#routes.delete(oldest.value);
    }
    this.#routes.set(family, route);
  }
}
