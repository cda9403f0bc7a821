/** A card as an antenna sees it, of whichever type. */
import type { TypeACard } from "./type-a.ts";
import type { TypeBCard } from "./type-b.ts";

export type Card = TypeACard | TypeBCard;

/** How a card is modulated, and so by which request it is found. */
export type CardType = Card["type"];
