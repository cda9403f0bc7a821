/**
 * The stadium: six gates of two lanes, each gate with a board, a journal and rules of its own, so that every way of listing
 * people and every pair of buses is there.
 */
import type { DoorWiring } from "./virtual-gate.ts";

/** By what of a document a gate finds people on its list. */
export type MatchWord = "document" | "fiscalCode" | "name";

export interface MatchDoor extends DoorWiring {
  readonly lampLines: readonly [green: number, red: number];
  readonly keypadNode: string;
  readonly scannerNode: string;
}

export interface MatchGate {
  readonly doors: readonly [MatchDoor, MatchDoor];
  readonly match: readonly MatchWord[];
  readonly level: "verifiedDocument" | "authenticDocument";
  /** Whose documents are taken; all States' when absent. */
  readonly countries?: readonly string[];
}

type Wiring = Pick<DoorWiring, "reader" | "relayLine"> & { readonly lampLines: readonly [number, number] };

const SPI: Wiring = {
  reader: { bus: "spi", node: "/dev/spidev0.0", irqLine: 25, resetLine: 24 },
  relayLine: 17,
  lampLines: [5, 6],
};
const SPI_BESIDE: Wiring = {
  reader: { bus: "spi", node: "/dev/spidev0.1", irqLine: 22, resetLine: 23 },
  relayLine: 27,
  lampLines: [12, 16],
};
const I2C: Wiring = {
  reader: { bus: "i2c", node: "/dev/i2c-1", irqLine: 26, resetLine: 21 },
  relayLine: 18,
  lampLines: [13, 19],
};
const HSU: Wiring = {
  reader: { bus: "hsu", node: "/dev/serial0", resetLine: 4 },
  relayLine: 20,
  lampLines: [12, 16],
};

/** Those whose chips are pinned need no document, but for the group `staff`, of whom both sides are wanted. */
const POLICY = "alsoAccepts: [originalChip]\n    stepUp: [{ level: verifiedDocument, groups: [staff] }]";

function gate(wirings: readonly [Wiring, Wiring], rules: Omit<MatchGate, "doors">): MatchGate {
  const door = (wiring: Wiring, index: number): MatchDoor => {
    const [keypadNode, scannerNode] = [`/dev/ttyUSB${index}`, `/dev/ttyACM${index}`];
    const countries = rules.countries === undefined ? "" : `, countries: [${rules.countries.join(", ")}]`;
    const document =
      `document: { keypad: { serial: { node: ${keypadNode}, baud: 9600 } }, ` +
      `scanner: { serial: { node: ${scannerNode}, baud: 115200 } }, ` +
      `match: [${rules.match.join(", ")}], bac: withoutPace${countries} }`;
    const more = `${POLICY}\n    ${document}`;
    return { ...wiring, id: `lane-${index + 1}`, demands: rules.level, more, keypadNode, scannerNode };
  };
  return { ...rules, doors: [door(wirings[0], 0), door(wirings[1], 1)] };
}

const verified = { level: "verifiedDocument" } as const;

export const MATCH_GATES: readonly MatchGate[] = [
  gate([SPI, SPI_BESIDE], { ...verified, match: ["document"] }),
  gate([SPI, I2C], { ...verified, match: ["document", "fiscalCode"] }),
  gate([I2C, HSU], { ...verified, match: ["document", "name"] }),
  gate([SPI, HSU], { ...verified, match: ["document"], countries: ["ITA", "FRA", "D", "BEL", "PRT", "AUT"] }),
  gate([SPI, I2C], { ...verified, match: ["document", "fiscalCode", "name"] }),
  gate([SPI, SPI_BESIDE], { level: "authenticDocument", match: ["document", "name"] }),
];
