// The row of a decision says what the door demanded of that holder at that time: any of these levels would have sufficed.
import { afterEach, expect, test } from "vitest";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { DOORS, KEYPAD_NODE, VirtualGate } from "../world/virtual-gate.ts";

let gate: VirtualGate | undefined;
afterEach(() => {
  gate?.kill();
  gate?.remove();
  gate = undefined;
});

const KEYPAD = `document: { keypad: { serial: { node: ${KEYPAD_NODE}, baud: 9600 } } }`;
const MEMBER = "000000000001";
const STAFF = "000000000002";
const STRANGER = "000000000003";
const cie = (nis: string): CardSpec => ({ card: "cie", family: "gemalto", nis });

async function demandsOf(more: readonly string[], card: CardSpec): Promise<unknown> {
  const [door] = DOORS;
  if (door === undefined) throw new Error("there is a door");
  gate = new VirtualGate({ seed: 1, doors: [{ ...door, more: more.join("\n    ") }] });
  await gate.start();
  gate.admit(MEMBER);
  gate.admit(STAFF, { group: "staff" });
  gate.board.place(door.reader.node, card);
  await gate.pass(25_000);
  const rows = gate.events().filter(({ type }) => type.startsWith("acs.access."));
  expect(rows).toHaveLength(1);
  return rows[0]?.data["demands"];
}

const STEP_UP = ["stepUp: [{ level: originalChip, groups: [staff] }]"];

test.each<[string, readonly string[], CardSpec, readonly string[]]>([
  ["a member", STEP_UP, cie(MEMBER), ["identifier"]],
  ["staff, by a step-up", STEP_UP, cie(STAFF), ["originalChip"]],
  ["a stranger", STEP_UP, cie(STRANGER), ["identifier"]],
  ["who has no identity card", STEP_UP, { card: "payment" }, ["identifier"]],
  [
    "everybody, a document",
    [KEYPAD, "stepUp: [{ level: verifiedDocument }]"],
    cie(MEMBER),
    ["verifiedDocument"],
  ],
])("of %s", async (_, more, card, demands) => {
  expect(await demandsOf(more, card)).toEqual(demands);
});
