/** One lane that takes documents, through the whole line in virtual time, and how a card is held to it. */
import type { ClockState } from "../../src/ports/clock.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { sharedAnchors } from "../emrtd/whole-document.ts";
import { DOORS, KEYPAD_NODE, VirtualGate } from "../world/virtual-gate.ts";

let world: VirtualGate | undefined;

/** Opens a gate, which `leave` takes away again. */
export async function open(options: ConstructorParameters<typeof VirtualGate>[0]): Promise<VirtualGate> {
  const gate = new VirtualGate(options);
  world = gate;
  await gate.start();
  return gate;
}

export function leave(): void {
  world?.kill();
  world?.remove();
  world = undefined;
}

export const KEYPAD = `keypad: { serial: { node: ${KEYPAD_NODE}, baud: 9600 } }`;
const { anna } = PERSONS;
export const ANNAS_CARD = `FRA${anna.documentNumber}`;

export interface Lane {
  readonly gate: VirtualGate;
  /** Rows of what happened meanwhile: type and reason. */
  readonly rows: () => readonly string[];
  readonly openings: () => number;
}

/** A lane at a reader on that bus, with somebody on its list. */
export async function lane(
  bus: "spi" | "i2c",
  {
    demands = "verifiedDocument" as "verifiedDocument" | "authenticDocument",
    more = "match: [document]",
    admitted = [ANNAS_CARD] as readonly string[],
    root = "",
    clock = "synced" as ClockState,
    reader = {} as Pick<(typeof DOORS)[number]["reader"], "isoDep">,
  } = {},
): Promise<Lane> {
  const wiring = DOORS.find(({ reader }) => reader.bus === bus);
  if (wiring === undefined) throw new Error(`no door on ${bus}`);
  const door = {
    ...wiring,
    reader: { ...wiring.reader, ...reader },
    demands,
    more: `document: { ${KEYPAD}, ${more} }${root}`,
  };
  const clockState = () => clock;
  const gate = await open({ seed: 1, doors: [door], clockState, anchors: () => sharedAnchors() });
  for (const document of admitted) gate.admitAs("doc", document);
  await gate.pass(1_000);
  return laneOf(gate, door.relayLine);
}

/** What happens at the gate's only door from now on. */
export function laneOf(gate: VirtualGate, relayLine: number): Lane {
  const before = gate.events().length;
  return {
    gate,
    rows: () =>
      gate
        .events()
        .slice(before)
        .map(({ type, data }) =>
          [type.replace(/^acs\./, ""), data["reason"] ?? data["why"], data["detail"]]
            .filter((word) => word !== undefined)
            .join(" "),
        ),
    openings: () =>
      gate.board.pins.edges().filter(({ line, level }) => line === relayLine && level === "high").length,
  };
}

export const node = (gate: VirtualGate): string => gate.config.doors[0]?.reader.node ?? "";

/** A card is laid down, and taken away. */
export async function hold(
  { gate }: Lane,
  spec: CardSpec,
  { forMs = 8_000, thenMs = 2_000, meanwhile = async () => {} } = {},
): Promise<void> {
  gate.board.place(node(gate), spec);
  await meanwhile();
  await gate.pass(forMs);
  gate.board.remove(node(gate));
  await gate.pass(thenMs);
}
